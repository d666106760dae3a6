import { type CommandOf, type ContainerHandlerView, clusterError } from '@aicluster/protocol'
import type { ControlPlane } from '../control-plane/control-plane'
import { requireProcessesAllowed } from '../control-plane/processes-allowed'
import { servedNames } from '../registry/container-config-rules'
import type { InferenceRecord } from '../registry/inference-record'
import type { CommandCall } from './command-call'
import { containerView } from './container-view'
import { requireSourcesInRoots } from './file-roots'
import { reachBoardsOf } from './reach-boards'
import { rollOut } from './rollout'
import { boardsOf } from './select'

/**
 * Bring an inference that is registered elsewhere to these boards too, with the files that were put for it; distribution to it is on.
 * Those that have it already stay as they are; of the others all get it, or none.
 */
export async function addInference(
  plane: ControlPlane,
  command: CommandOf<'add_inference'>,
  call: CommandCall,
): Promise<ContainerHandlerView[]> {
  const { inference_name: name, coprocessor_name: selection } = command
  const targets = boardsOf(plane, selection)
  await reachBoardsOf(plane, [], call, targets)
  const boards = targets.map((board) => ({ name: board.name }))
  return plane.locks.with(
    () => servedNames(requireRegistered(plane, name).config),
    async () => {
      // Read anew: its containers may just have been started again.
      const before = requireRegistered(plane, name)
      requireProcessesAllowed(plane.options.config, before.config, boards)
      for (const board of boards) if (before.boards.includes(board.name)) await requireIdle(plane, before, board.name)
      const further = boards.filter((board) => !before.boards.includes(board.name))
      if (further.length === 0) return handlersOn(plane, before, boards)
      await requireSourcesInRoots(plane.options.config, before)
      const rollout = { config: before.config, trees: before.trees, before, replace: false, keepFiles: true, boards: further }
      const [record] = await rollOut(plane, [rollout], command.cmd, call)
      return handlersOn(plane, record as InferenceRecord, boards)
    },
  )
}

/** @throws InferenceNameNotFoundError (300) */
function requireRegistered(plane: ControlPlane, name: string): InferenceRecord {
  const record = plane.registry.get(name)
  if (record) return record
  const registered = plane.registry.all().map(({ config }) => config.name)
  throw clusterError('inferenceNotFound', {
    detail: `${name}; registered: ${registered.join(', ') || 'nothing'}`,
    details: { inference_name: name },
  })
}

/** @throws InvalidOperationError (303) it is there already, and has requests in process */
async function requireIdle(plane: ControlPlane, { config, containers }: InferenceRecord, board: string): Promise<void> {
  const instances = containers.filter((container) => container.board === board).map(({ instance }) => instance)
  if (await plane.options.dataPlane.call('isIdle', { instances, names: servedNames(config) })) return
  throw clusterError('processesInUse', {
    detail: `${config.name} is on ${board} already, and requests are queued or in process`,
    details: { inference_name: config.name, board },
  })
}

const handlersOn = (plane: ControlPlane, record: InferenceRecord, boards: readonly { name: string }[]): ContainerHandlerView[] =>
  record.containers
    .filter((container) => boards.some(({ name }) => name === container.board))
    .map((container) => containerView(record, container, plane.options.config.defaults))
