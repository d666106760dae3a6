import type { BoardProbeView, CommandOf } from '@aicluster/protocol'
import { probeBoard as probe } from '../boards/probe-board'
import type { ControlPlane } from '../control-plane/control-plane'
import { parseBoardEntry } from './board-entry'
import type { CommandCall } from './command-call'

/** Look at a machine that may become a board. */
export const probeBoard = async (plane: ControlPlane, command: CommandOf<'probe_board'>, call: CommandCall): Promise<BoardProbeView> =>
  probe(parseBoardEntry(plane, command.board), {
    ownKnownHosts: plane.options.state.knownHostsPath,
    owner: plane.owner,
    fingerprint: command.fingerprint,
    signal: call.signal,
  })
