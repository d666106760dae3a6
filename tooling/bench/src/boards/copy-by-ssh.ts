import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream, createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import type { RigBoard } from '@aicluster/rig'

const PLACE = '/root/copied.tar'

/** Run a program to its end, with a file as its input. @throws Error with what it said */
async function run([program, ...words]: readonly string[], input?: string): Promise<void> {
  const child = spawn(program as string, words, { stdio: [input === undefined ? 'ignore' : 'pipe', 'ignore', 'pipe'] })
  let said = ''
  child.stderr?.on('data', (chunk) => {
    said += chunk
  })
  const ended = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('exit', resolve))
  if (input !== undefined && child.stdin) await pipeline(createReadStream(input, { highWaterMark: 256 * 1024 }), child.stdin)
  const code = await ended
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${said.trim()}`)
}

/** A file of this machine lies on a board from now on, too. */
export const putOnBoard = (board: RigBoard, file: string): Promise<void> =>
  run(['scp', '-q', ...sshOptions(board), file, `root@${board.address}:${PLACE}`])

export const removeFromBoard = async (board: RigBoard): Promise<void> => void (await board.exec(['rm', '-f', PLACE]))

/** `ssh … cat` of what {@link putOnBoard} has put there, into a file of this machine, until it is on the disk. */
export async function fetchMs(board: RigBoard, into: string): Promise<number> {
  const atMs = performance.now()
  const [program, ...words] = board.sshWords(['cat', PLACE])
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  await pipeline(child.stdout, createWriteStream(into, { flush: true }))
  const [code] = await ended
  if (code !== 0) throw new Error(`${program} ended with ${code}`)
  return performance.now() - atMs
}

/** `ssh` and the options for a board, without its address and command. */
const sshOptions = (board: RigBoard): string[] => board.sshWords([]).slice(1, -1)

/** How long `scp` takes for a file, in ms. */
export async function scpMs(board: RigBoard, file: string): Promise<number> {
  const atMs = performance.now()
  await putOnBoard(board, file)
  const tookMs = performance.now() - atMs
  await removeFromBoard(board)
  return tookMs
}

/** How long `docker load` over `ssh` takes for an image, in ms: to its end. */
export async function sshLoadMs(board: RigBoard, file: string): Promise<number> {
  const atMs = performance.now()
  await run(board.sshWords(['docker', 'load', '--quiet']), file)
  return performance.now() - atMs
}
