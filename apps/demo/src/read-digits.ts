import { AICluster } from '@aicluster/host-sdk'
import { answersPerBoard } from './answers-per-board'
import { classify } from './classify'
import { readHeldOutImages } from './digit-images'
import { DIGITS, digitsInference } from './digits-inference'
import type { ManagerProcess } from './manager-process'
import type { Options } from './options'
import { Progress } from './progress'
import { reportText, shortcomings, summarize } from './report'
import { say } from './say'
import { unlessAborted } from './unless-aborted'

const DIGITS_FOLDER = new URL('../digits/', import.meta.url)
const CONTAINER_PROGRAM = new URL('./container.js', import.meta.url)

/**
 * What an application does with a cluster: connect, load an inference, use it, look at the figures.
 *
 * @param signal - aborted: end at once, rejecting with its reason
 * @returns whether everything was as it should be
 */
export async function readDigits(manager: ManagerProcess, options: Options, signal: AbortSignal): Promise<boolean> {
  const images = readHeldOutImages(DIGITS_FOLDER)
  const requests = options.requests ?? images.length

  await unlessAborted(manager.whenReady(), signal)
  const cluster = await unlessAborted(AICluster.connect({ stateFolder: manager.stateFolder }), signal)
  try {
    say(`Loading "${DIGITS}" on every board ...`)
    const inference = digitsInference(CONTAINER_PROGRAM, new URL('digits.onnx', DIGITS_FOLDER))
    await unlessAborted(cluster.loadInference(inference, 'all'), signal)

    say(`Sending ${requests} images ...`)
    const progress = new Progress(requests, process.stderr)
    const tally = await classify(cluster, images, { requests, onProgress: (answers) => progress.update(answers), signal }).finally(() =>
      progress.end(),
    )

    const summary = summarize(tally, await unlessAborted(answersPerBoard(cluster), signal))
    process.stdout.write(options.json ? `${JSON.stringify(summary)}\n` : `\n${reportText(summary, tally, images.length)}\n\n`)
    const faults = shortcomings(summary, tally)
    for (const fault of faults) say(`FAILED: ${fault}`)
    return faults.length === 0
  } finally {
    await cluster.release()
  }
}
