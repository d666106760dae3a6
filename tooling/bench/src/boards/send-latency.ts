import { randomFillSync } from 'node:crypto'
import { closeSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Child, programFile } from '../child'
import type { FileSenderQuestion } from '../programs/file-sender'
import { median } from '../statistics'
import type { BoardWorld } from './board-world'
import { fetchMs, putOnBoard, removeFromBoard } from './copy-by-ssh'
import { type LatencyUnder, OpenLoop, ratioOf, summarise } from './open-loop'

/** What both ways get, so that they take the same time: 20 MB/s. */
const SEND_MEGABITS = 160
const IDLE_MS = 6_000
const PIECE_BYTES = 1024 * 1024

export interface SendLatency {
  requestsPerSecond: number
  sendMegabits: number
  megabytes: number
  idle: LatencyUnder
  other: LatencyUnder
  application: LatencyUnder
  /** How fast the bytes came, median of the rounds, in MB/s. */
  otherSpeed: number
  applicationSpeed: number
  /** p99 while an application sends, as a share of p99 while another process gets the same bytes; aim: at most 1.3. */
  ratio: number
}

/** Board 1 answers an open loop, while a file comes from board 2 over its link: an application there sends it to the manager, or `ssh` gets it. */
export async function measureSending(world: BoardWorld, folder: string, rounds: number, say: (line: string) => void): Promise<SendLatency> {
  const source = world.board(2)
  const file = join(folder, 'sent.bin')
  const bytes = statSync(world.image.file).size
  const speedOf = (tookMs: number): number => bytes / 1e6 / (tookMs / 1_000)
  const latencies = { idle: [] as number[], other: [] as number[], application: [] as number[] }
  const speeds = { other: [] as number[], application: [] as number[] }
  const loop = await OpenLoop.start(world, world.board(1).hostname, folder)
  const words = source.networkWords([process.execPath, programFile('file-sender')])
  const sender = Child.startWords('file sender', words, folder)
  const ask = <Answer>(question: FileSenderQuestion): Promise<Answer> => sender.ask<Answer>(question, 60_000)
  try {
    await ask({ type: 'connect', stateFolder: world.stateFolder, config: world.echoConfig('never-loaded'), board: source.hostname })
    for (let round = 1; round <= rounds; round++) {
      say(`latency while an application sends, round ${round} of ${rounds}`)
      // What the manager has already would not travel.
      makeFile(file, bytes)
      await putOnBoard(source, file)
      await source.rate(SEND_MEGABITS)
      await loop.begin()
      await sleep(IDLE_MS)
      await loop.end(latencies.idle)

      await loop.begin()
      speeds.other.push(speedOf(await fetchMs(source, join(folder, 'fetched.bin'))))
      await loop.end(latencies.other)

      // From the first byte on: that the application reads the file before is its own affair.
      await ask({ type: 'begin', file })
      await loop.begin()
      speeds.application.push(speedOf(await ask<number>({ type: 'end' })))
      await loop.end(latencies.application)
      await source.rate(undefined)
    }
  } finally {
    await source.rate(undefined)
    await sender.end()
    await loop.stop()
    await removeFromBoard(source)
    for (const name of ['sent.bin', 'fetched.bin']) rmSync(join(folder, name), { force: true })
  }
  const [idle, other, application] = [summarise(latencies.idle), summarise(latencies.other), summarise(latencies.application)]
  return {
    requestsPerSecond: OpenLoop.requestsPerSecond,
    sendMegabits: SEND_MEGABITS,
    megabytes: Number((bytes / 1e6).toFixed(1)),
    idle,
    other,
    application,
    otherSpeed: Number(median(speeds.other).toFixed(1)),
    applicationSpeed: Number(median(speeds.application).toFixed(1)),
    ratio: ratioOf(application, other),
  }
}

/** A file that nobody has seen before. */
function makeFile(path: string, bytes: number): void {
  const file = openSync(path, 'w')
  try {
    const piece = Buffer.alloc(PIECE_BYTES)
    for (let at = 0; at < bytes; at += PIECE_BYTES) writeSync(file, randomFillSync(piece), 0, Math.min(PIECE_BYTES, bytes - at))
  } finally {
    closeSync(file)
  }
}
