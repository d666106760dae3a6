/** One load: bodies of this size both ways, so many requests under way at any time. */
export interface BenchCase {
  /** As `--case` takes it: `100B-d64`. */
  name: string
  bytes: number
  depth: number
  /** Requests/s through the cluster, as a share of the floor's, that we aim for. */
  aim: number | undefined
}

const UNITS = { B: 1, KB: 1024, MB: 1024 ** 2 } as const

/** What is measured unless `--case` says otherwise, and what we aim for. */
const AIMS = new Map([
  ['100B-d1', 0.72],
  ['100B-d64', 1.5],
  ['150KB-d1', 0.72],
  ['150KB-d64', 0.9],
])

/** "No slower than before": aim for the share of another checkout's requests/s. */
export const AGAINST_AIM = 0.95

export const DEFAULT_CASES = [...AIMS.keys()]

/** @throws Error that says how a case is written */
export function parseCase(text: string): BenchCase {
  const match = /^(\d+)(B|KB|MB)-d(\d+)$/.exec(text)
  const bytes = match ? Number(match[1]) * UNITS[match[2] as keyof typeof UNITS] : 0
  const depth = Number(match?.[3])
  // The floor writes the slot's number into the first four bytes.
  if (!match || bytes < 4 || bytes > 32 * UNITS.MB || depth < 1 || depth > 4096) {
    throw new Error(`--case is "${text}", it must be SIZE-dDEPTH such as ${DEFAULT_CASES.join(', ')} (4B to 32MB, depth 1 to 4096)`)
  }
  return { name: text, bytes, depth, aim: AIMS.get(text) }
}
