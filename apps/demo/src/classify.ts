import type { AICluster } from '@aicluster/host-sdk'
import type { DigitImage } from './digit-images'
import { DIGITS } from './digits-inference'
import { type Answer, Tally } from './tally'

/** Requests on their way at once. */
const IN_FLIGHT = 64
/** Each request ends within its own time-outs: after so long without a single answer, in ms, what is open counts as lost. */
const SILENCE_MS = 60_000

export interface ClassifyOptions {
  /** How many to send: the images, over and over. */
  requests: number
  /** More are sent while it says so. Default: no more. */
  goOn?: () => boolean
  /** Called with the number of answers so far, after each. */
  onProgress: (answers: number) => void
  /** Aborted: nothing more is sent, and `classify` rejects with its reason. */
  signal: AbortSignal
  /** Default 60,000. */
  silenceMs?: number
}

/**
 * Send images to the cluster, a number of them in flight at any time, until each has its answer.
 * @throws ConnectionFailedError (111): there is no connection any more; and what `signal` was aborted with
 */
export async function classify(
  cluster: Pick<AICluster, 'inferImageAsync'>,
  images: readonly DigitImage[],
  { requests, goOn = () => false, onProgress, signal, silenceMs = SILENCE_MS }: ClassifyOptions,
): Promise<Tally> {
  signal.throwIfAborted()
  const tally = new Tally()
  let silence: NodeJS.Timeout | undefined
  const startedAt = performance.now()
  await new Promise<void>((resolve, reject) => {
    silence = setTimeout(resolve, silenceMs)
    const lane = async (): Promise<void> => {
      while ((tally.sent < requests || goOn()) && !signal.aborted) {
        const digit = images[tally.sent % images.length] as DigitImage
        const sentAt = performance.now()
        tally.sent++
        tally.add(digit, await ask(cluster, digit), performance.now() - sentAt)
        silence?.refresh()
        onProgress(tally.outcomes)
      }
    }
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    Promise.all(Array.from({ length: IN_FLIGHT }, lane)).then(() => resolve(), reject)
  }).finally(() => clearTimeout(silence))
  tally.totalMs = performance.now() - startedAt
  return tally
}

/** `inferImage` resolves to the result alone; its twin with a callback also tells how long the request waited. */
function ask(cluster: Pick<AICluster, 'inferImageAsync'>, { image }: DigitImage): Promise<Answer> {
  return new Promise((resolve) => {
    cluster.inferImageAsync(DIGITS, image, {}, (code, message, result, response) => resolve({ code, message, result, response }))
  })
}
