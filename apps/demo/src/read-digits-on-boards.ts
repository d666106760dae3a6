import { AICluster } from '@aicluster/host-sdk'
import { answersPerBoard } from './answers-per-board'
import type { BoardsPlan } from './boards-plan'
import type { Cable } from './cable'
import { classify } from './classify'
import { cutAndHeal } from './cut-story'
import { readHeldOutImages } from './digit-images'
import { DIGITS, digitsInContainers } from './digits-inference'
import type { ManagerProcess } from './manager-process'
import type { Options } from './options'
import { reportText, shortcomings, summarize } from './report'
import { say } from './say'
import { unlessAborted } from './unless-aborted'

const DIGITS_FOLDER = new URL('../digits/', import.meta.url)
/** A cut that takes longer to be noticed is a fault. */
const NOTICED_WITHIN_MS = 4_000

export interface BoardsWork {
  plan: BoardsPlan
  cable: Cable
  /** Aborted: end at once, rejecting with its reason. */
  signal: AbortSignal
}

/** As `readDigits`, in containers, and one board is cut off in the middle. @returns whether everything was as it should be */
export async function readDigitsOnBoards(manager: ManagerProcess, options: Options, { plan, cable, signal }: BoardsWork): Promise<boolean> {
  const images = readHeldOutImages(DIGITS_FOLDER)
  const requests = options.requests ?? images.length

  await unlessAborted(manager.whenReady(), signal)
  const cluster = await unlessAborted(AICluster.connect({ stateFolder: manager.stateFolder }), signal)
  try {
    // Beyond loopback: exposed is whatever is not encrypted.
    const { gauges } = await unlessAborted(cluster.getMetrics(), signal)
    if (gauges.sockets_exposed !== 0) throw new Error('the cluster is not encrypted')
    say(`Loading "${DIGITS}" on every board: image, model, container; all of it speaks CURVE with the cluster ...`)
    await unlessAborted(cluster.loadInference(digitsInContainers(plan.image, new URL('digits.onnx', DIGITS_FOLDER)), 'all'), signal)

    say('Sending images until the story is told ...')
    let told = false
    const story = cutAndHeal(cluster, cable, signal).finally(() => {
      told = true
    })
    const sent = classify(cluster, images, { requests, goOn: () => !told, onProgress: () => {}, signal })
    const [tally, { story: cut, answersBefore }] = await Promise.all([sent, story])

    const boards = await unlessAborted(answersPerBoard(cluster), signal)
    boards[cut.cutBoard] = (boards[cut.cutBoard] ?? 0) + answersBefore
    const summary = { ...summarize(tally, boards), ...cut }
    process.stdout.write(options.json ? `${JSON.stringify(summary)}\n` : `\n${reportText(summary, tally, images.length)}\n\n`)
    const late = cut.noticedMs <= NOTICED_WITHIN_MS ? [] : [`the cut was noticed after ${cut.noticedMs} ms only`]
    const faults = [...shortcomings(summary, tally), ...late]
    for (const fault of faults) say(`FAILED: ${fault}`)
    return faults.length === 0
  } finally {
    await cluster.release()
  }
}
