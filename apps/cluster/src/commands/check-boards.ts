import type { BoardProbeView, CommandOf } from '@aicluster/protocol'
import { probeBoard } from '../boards/probe-board'
import type { ControlPlane } from '../control-plane/control-plane'
import { implementationOf } from '../registry/container-config-rules'
import type { CommandCall } from './command-call'
import { boardsOf, containersOf } from './select'

/** Boards that are looked at side by side: each is a connection and a few programs. */
const AT_ONCE = 32

/** Look at boards of the cluster, over connections of their own: also at one that is down, to say why. */
export async function checkBoards(plane: ControlPlane, command: CommandOf<'check_boards'>, call: CommandCall): Promise<BoardProbeView[]> {
  const { config, state } = plane.options
  const selected = command.coprocessor_name ? boardsOf(plane, command.coprocessor_name) : plane.boards.all()
  const names = new Set(selected.map(({ name }) => name))
  const entries = config.boards.filter(({ name }) => names.has(name))
  const engined = new Set(
    containersOf(plane.registry.all())
      .filter(({ record }) => ['docker', 'nvidia'].includes(implementationOf(record.config)))
      .map(({ container }) => container.board),
  )
  const probes: BoardProbeView[] = []
  for (let first = 0; first < entries.length; first += AT_ONCE) {
    const group = entries.slice(first, first + AT_ONCE)
    const options = { ownKnownHosts: state.knownHostsPath, owner: plane.owner, signal: call.signal }
    probes.push(...(await Promise.all(group.map((entry) => probeBoard(entry, { ...options, usesEngine: engined.has(entry.name) })))))
  }
  // Whoever looks has mended something: a board that keeps us out is tried again in minutes only.
  for (const board of selected) if (board.state.state === 'down') board.retry?.()
  return probes
}
