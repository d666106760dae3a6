import type { ProgressView } from '@aicluster/protocol'

/** Between two words about the same phase, in ms. */
const INTERVAL_MS = 100

/** Lets through each beginning and end of a phase, and in between a word now and then. */
export function throttled(send: (view: ProgressView) => void, now: () => number = () => performance.now()): (view: ProgressView) => void {
  const last = new Map<string, { phase: string; atMs: number }>()
  return (view) => {
    const key = `${view.inference_name}\0${view.board}\0${view.suffix_name}`
    const before = last.get(key)
    const nowMs = now()
    const ends = view.bytes_total !== null && view.bytes_done === view.bytes_total
    if (before?.phase === view.phase && !ends && nowMs - before.atMs < INTERVAL_MS) return
    last.set(key, { phase: view.phase, atMs: nowMs })
    send(view)
  }
}
