import type { ProgressView } from '@aicluster/protocol'

/** How far a long command is: `loadInference`, `addInference`, `reloadInference`, `putFile` and a container's `start`. Ours. */
export interface ProgressEvent {
  /** The command: what its `…Async` form has returned. */
  requestNo: string
  /** Its API name on the wire, as `manageCallback` gets it. */
  cmd: string
  /** What is being done. One command goes through several, not through every one, and on several boards at once. */
  phase: 'check' | 'copy' | 'upload' | 'load' | 'create' | 'start' | 'ready' | 'remove' | 'restore'
  /** The inference that is loaded, changed or started. */
  inferenceName: string
  /** The board on which it is done; `''` while files are on their way from the application to the manager. */
  coprocessorName: string
  /** The container, where it is about one. */
  suffixName: string | undefined
  /** Bytes moved in this phase on this board; undefined where it moves none. */
  bytesDone: number | undefined
  /** Bytes to move in all. */
  bytesTotal: number | undefined
}

export const progressOf = (requestNo: string, view: ProgressView): ProgressEvent => ({
  requestNo,
  cmd: view.cmd,
  phase: view.phase,
  inferenceName: view.inference_name,
  coprocessorName: view.board,
  suffixName: view.suffix_name ?? undefined,
  bytesDone: view.bytes_done ?? undefined,
  bytesTotal: view.bytes_total ?? undefined,
})
