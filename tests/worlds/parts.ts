import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { World } from './world'

/** Parts that may lie unread. */
export const WINDOW_PARTS = 16

/** The numbers that the program `parts` sends as so many parts. */
export const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

/** How many parts of a tagged request the program has been relieved of. */
export function sent(world: World, tag: string): number {
  try {
    return statSync(join(world.gates.folder, `sent-${tag}`)).size
  } catch {
    return 0
  }
}

/** Everything that the loop reads. */
export async function read(stream: AsyncIterable<unknown>): Promise<unknown[]> {
  const parts: unknown[] = []
  for await (const part of stream) parts.push(part)
  return parts
}

/** What the loop reads until it ends, and the code of the error that it ends with. */
export async function readToTheEnd(stream: AsyncIterable<unknown>): Promise<{ parts: unknown[]; code: number }> {
  const parts: unknown[] = []
  try {
    for await (const part of stream) parts.push(part)
    return { parts, code: 0 }
  } catch (error) {
    return { parts, code: (error as { code: number }).code }
  }
}

/** The rest of what an iterator has begun to give. */
export const restOf = (parts: AsyncIterator<unknown>): AsyncIterable<unknown> => ({ [Symbol.asyncIterator]: () => parts })
