import type { IncomingMessage } from 'node:http'
import type Docker from 'dockerode'
import { bytesOf } from './reply-bytes'

/** No reply in one piece is larger: ten thousand images are some 5 MB. */
const MAX_REPLY_BYTES = 16 * 1024 * 1024
/** No question takes longer, in ms; a busy Engine may need half a minute to list its images. What changes something may take its time. */
const ASK_MS = 60_000

/** What dockerode hands to its modem. */
interface Request {
  method: string
  isStream?: boolean
  hijack?: boolean
  openStdin?: boolean
  abortSignal?: AbortSignal | undefined
  /** What each status means; `true`: it is as it should be. */
  statusCodes: Readonly<Record<number, true | string>>
}

type Replied = (error: unknown, reply: unknown) => void
type Dial = (request: Request, replied: Replied) => void

/** Every status: it is us who judge it, once we have the reply. */
const ANY_STATUS = new Proxy({}, { get: () => true })

/**
 * Bound what an Engine may do to us: docker-modem keeps a reply of any size, waits without end for one that has broken off or never comes,
 * and throws where nobody can catch it.
 *
 * @returns the same object
 */
export function guardReplies(engine: Docker, askMs = ASK_MS): Docker {
  const modem = engine.modem as unknown as { dial: Dial }
  const dial = modem.dial.bind(modem)
  modem.dial = (request, replied) => {
    if (request.hijack || request.openStdin) return dial(request, replied)
    const limit = request.method === 'GET' && !request.isStream ? new AnswerLimit(askMs, request.abortSignal) : undefined
    const told: Replied = (error, reply) => {
      limit?.stop()
      replied(limit?.failure ?? error, reply)
    }
    const abortSignal = limit?.signal ?? request.abortSignal
    dial({ ...request, isStream: true, statusCodes: ANY_STATUS, ...(abortSignal ? { abortSignal } : {}) }, (error, reply) => {
      if (error) return told(error, null)
      judge(request, reply as IncomingMessage).then(
        (value) => told(null, value),
        (failure) => told(failure, null),
      )
    })
  }
  return engine
}

/** What dockerode shall have: the stream, or all of the reply. @throws Error as docker-modem makes it, where the status says so */
async function judge({ isStream, statusCodes }: Request, reply: IncomingMessage): Promise<unknown> {
  const status = reply.statusCode ?? 0
  const meaning = statusCodes[status]
  if (isStream && meaning === true) return reply
  const bytes = await bytesOf(reply, MAX_REPLY_BYTES)
  const said = jsonOf(bytes) ?? bytes
  if (meaning === true) return said
  const { message, error } = said as { message?: unknown; error?: unknown }
  const text = `(HTTP code ${status}) ${meaning ?? 'unexpected'} - ${message ?? error ?? said} `
  throw Object.assign(new Error(text), { reason: meaning, statusCode: status, json: said })
}

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return undefined
  }
}

/** Aborts a question that takes too long. */
class AnswerLimit {
  readonly signal: AbortSignal
  /** Set once it has taken too long. */
  failure: Error | undefined
  readonly #timer: NodeJS.Timeout

  constructor(ms: number, other: AbortSignal | undefined) {
    const late = new AbortController()
    this.signal = other ? AbortSignal.any([other, late.signal]) : late.signal
    this.#timer = setTimeout(() => {
      this.failure = new Error(
        `its Docker Engine did not answer within ${ms} ms: it hangs. Look at it there (sudo systemctl status docker)`,
      )
      late.abort(this.failure)
    }, ms)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }
}
