import type { CommandName, ProgressView } from '@aicluster/protocol'
import type { FleetWork } from '../control-plane/container-fleet'
import type { CommandCall } from './command-call'

/** What a command does for one inference on one board, as its application follows it. */
export function workOf(call: CommandCall, cmd: CommandName, inferenceName: string, board: string, suffixName: string | null): FleetWork {
  const report: FleetWork['report'] = (phase: ProgressView['phase'], bytes) =>
    call.progress({
      cmd,
      phase,
      inference_name: inferenceName,
      board,
      suffix_name: suffixName,
      bytes_done: bytes?.done ?? null,
      bytes_total: bytes?.total ?? null,
    })
  return { signal: call.signal, report }
}
