import type { ProgressView } from '@aicluster/protocol'
import type { BoardWork } from '../boards/board'
import type { FleetWork } from './container-fleet'

/** Work of a command as a board sees it: bytes are told with the phase that they belong to. */
export function boardWork({ signal, report }: FleetWork): BoardWork {
  let phase: ProgressView['phase'] = 'copy'
  return {
    signal,
    onBytes: (done, total) => report(phase, { done, total }),
    onPhase: (next) => {
      phase = next
      report(next)
    },
  }
}
