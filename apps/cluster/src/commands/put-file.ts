import { join } from 'node:path'
import { type CommandOf, clusterError } from '@aicluster/protocol'
import type { StagedFiles } from '../boards/board'
import { boardError } from '../boards/board-error'
import { copyMeter, copyTree } from '../boards/local/copy-tree'
import type { ControlPlane } from '../control-plane/control-plane'
import { requireProcessesAllowed } from '../control-plane/processes-allowed'
import { servedNames } from '../registry/container-config-rules'
import type { InferenceRecord } from '../registry/inference-record'
import type { CommandCall } from './command-call'
import { requireInRoots } from './file-roots'
import { asUnreadable, type GivenFile, givenFiles, namedFiles, requireReadable } from './given-files'
import { workOf } from './progress'
import { requireProgram, selectRecords, selectUsedBoards } from './select'
import { stagedOnBoard } from './staged-on-board'

/**
 * Replace files of an inference in the folders of its containers, on every board or on none. They count from a container's next
 * start, and for every container that is made later, until the inference is unloaded or replaced.
 */
export async function putFile(plane: ControlPlane, command: CommandOf<'put_file'>, call: CommandCall): Promise<Record<string, never>> {
  selectRecords(plane, command.inference_name)
  return plane.given.using(command.files, (trees) => putSent(plane, command, trees, call))
}

async function putSent(
  plane: ControlPlane,
  command: CommandOf<'put_file'>,
  trees: ReadonlyMap<string, string>,
  call: CommandCall,
): Promise<Record<string, never>> {
  // First: whether a file elsewhere is there is nobody's business.
  await requireInRoots(
    plane.options.config,
    namedFiles(command.file_info).filter(({ path }) => !trees.has(path)),
  )
  const files = givenFiles(command.file_info).map((file) => {
    const tree = trees.get(file.path)
    return tree === undefined ? file : { ...file, from: plane.given.placeOf(tree, file.path) }
  })
  for (const file of files) await requireReadable(file)
  const records = await reachedRecords(plane, command, call)
  return plane.locks.with(
    records.flatMap(({ config }) => servedNames(config)),
    async () => {
      await requireIdle(plane, records)
      const staged: StagedFiles[] = []
      try {
        // What is kept for later containers comes first: a manager that dies in between finishes the rest from it.
        for (const record of records) staged.push(await stageKept(plane, record, files, call))
        for (const record of records) await stageOnBoards(plane, record, staged, call)
        await requireIdle(plane, records)
        call.signal.throwIfAborted()
        await commitAll(plane, records, staged)
      } finally {
        // What a board that is lost still has is cleared away when it is back.
        await Promise.allSettled(staged.map((part) => part.dispose()))
      }
      return {}
    },
    call.signal,
  )
}

/**
 * The paths that a put reads, with where they stand.
 * @throws what {@link putFile} throws of what can be seen before
 */
export async function pathsOfPut(
  plane: ControlPlane,
  command: CommandOf<'put_file'>,
  call: Pick<CommandCall, 'signal'>,
): Promise<GivenFile[]> {
  selectRecords(plane, command.inference_name)
  const files = givenFiles(command.file_info)
  await requireIdle(plane, await reachedRecords(plane, command, call))
  return files
}

/**
 * @throws InferenceNameNotFoundError (300); InvalidArgumentError (302) a Loop has no files, or a board may not run the program that they
 *   are for; SshConnectionError (500) a board is down
 */
async function reachedRecords(
  plane: ControlPlane,
  { cmd, inference_name: name }: CommandOf<'put_file'>,
  { signal }: Pick<CommandCall, 'signal'>,
): Promise<InferenceRecord[]> {
  await plane.boardWatch.reach(selectUsedBoards(plane, name), signal)
  // Only now: to look at the files, and to ask the boards, took its time.
  const records = selectRecords(plane, name)
  for (const record of records) {
    requireProgram(record, cmd)
    const boards = record.boards.map((board) => ({ name: board }))
    requireProcessesAllowed(plane.options.config, record.config, boards)
  }
  return records
}

/** @throws InvalidOperationError (303) */
async function requireIdle(plane: ControlPlane, records: readonly InferenceRecord[]): Promise<void> {
  const instances = records.flatMap(({ containers }) => containers.map(({ instance }) => instance))
  const names = records.flatMap(({ config }) => servedNames(config))
  if (await plane.options.dataPlane.call('isIdle', { instances, names })) return
  const busy = records.map(({ config }) => config.name)
  throw clusterError('processesInUse', {
    detail: `${busy.join(', ')}: requests are queued or in process; put_file needs it idle: wait for them`,
    details: { inference_names: busy },
  })
}

/** Read the files once, into the folder from which all boards get them. */
async function stageKept(
  plane: ControlPlane,
  { config }: InferenceRecord,
  files: readonly GivenFile[],
  call: CommandCall,
): Promise<StagedFiles> {
  const folder = await plane.files.stage(config.name)
  const work = workOf(call, 'put_file', config.name, '', null)
  const meter = await copyMeter(
    files.map(({ from }) => from),
    // What the application has sent was told of while it came.
    { signal: work.signal, onBytes: files.some(isReadHere) ? (done, total) => work.report('upload', { done, total }) : undefined },
  )
  try {
    for (const file of files) {
      await copyTree(file.from, join(folder, file.name), folder, meter).catch((error) => {
        throw asUnreadable(file, error)
      })
    }
  } catch (error) {
    await plane.files.staged(config.name).dispose()
    throw error
  }
  return plane.files.staged(config.name)
}

const isReadHere = ({ path, from }: GivenFile): boolean => path === from

async function stageOnBoards(plane: ControlPlane, record: InferenceRecord, staged: StagedFiles[], call: CommandCall): Promise<void> {
  const { name } = record.config
  const results = await Promise.allSettled(
    record.containers.map(async ({ instance, board, suffix_name: suffix }) => {
      if (!plane.fleet.get(instance) || plane.boardWatch.isInDoubt(board, instance)) {
        throw boardError(board, `put files for container "${suffix}"`, 'something has failed with it, and it is looked at again: try later')
      }
      const { signal, report } = workOf(call, 'put_file', name, board, suffix)
      const onBytes = (done: number, total: number) => report('copy', { done, total })
      const part = await plane.fleet.stageFiles(instance, plane.files.stagingOf(name), { signal, onBytes })
      if (part) staged.push(stagedOnBoard(part, () => plane.boardWatch.lookAgain(board, instance)))
    }),
  )
  const failed = results.find((result) => result.status === 'rejected')
  if (failed) throw failed.reason
}

async function commitAll(plane: ControlPlane, records: readonly InferenceRecord[], staged: readonly StagedFiles[]): Promise<void> {
  const committing = await plane.files.committing(records.map(({ config }) => config.name))
  const begun: StagedFiles[] = []
  try {
    for (const part of staged) {
      begun.push(part)
      await part.commit()
    }
  } catch (error) {
    // A board that is lost keeps none of the others from it.
    await committing.undo().catch(() => {})
    for (const part of begun.reverse()) await part.revert().catch(() => {})
    throw error
  } finally {
    await committing.done()
  }
}
