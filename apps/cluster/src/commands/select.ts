import { clusterError } from '@aicluster/protocol'
import type { Board } from '../boards/board'
import type { ControlPlane } from '../control-plane/control-plane'
import { implementationOf, servedNames } from '../registry/container-config-rules'
import type { ContainerRecord, InferenceRecord } from '../registry/inference-record'

/**
 * The boards that a `coprocessor_name` selects.
 * @throws CoprocessorNotFoundError (304) naming the unknown one and those there are; InvalidArgumentError (302) `all` in a list
 */
export function selectBoards(plane: ControlPlane, selection: 'all' | readonly string[]): Board[] {
  if (selection === 'all') return [...plane.boards.values()]
  return [...new Set(selection)].map((name) => {
    if (name === 'all') {
      throw clusterError('invalidParameter', {
        detail: `coprocessor_name: "all" stands alone, not in a list`,
        details: { field: 'coprocessor_name', value: selection },
      })
    }
    return requireBoard(plane, name)
  })
}

export function requireBoard(plane: ControlPlane, name: string): Board {
  const board = plane.boards.get(name)
  if (board) return board
  throw clusterError('coprocessorNotFound', {
    detail: `${name}; the boards of this cluster are ${[...plane.boards.keys()].join(', ')}`,
    details: { coprocessor_name: name, known: [...plane.boards.keys()] },
  })
}

/**
 * What is registered and serves this inference name; everything when none is given.
 * @throws InferenceNameNotFoundError (300) nothing does
 */
export function selectRecords(plane: ControlPlane, inferenceName: string | undefined): InferenceRecord[] {
  const all = plane.registry.all()
  if (!inferenceName) return all
  const selected = all.filter(({ config }) => servedNames(config).includes(inferenceName))
  if (selected.length > 0) return selected
  throw clusterError('inferenceNotFound', {
    detail: `${inferenceName}; registered: ${all.map(({ config }) => config.name).join(', ') || 'nothing'}`,
    details: { inference_name: inferenceName },
  })
}

/**
 * The boards on which this inference is registered; every board when none is given.
 * @throws InferenceNameNotFoundError (300)
 */
export function selectUsedBoards(plane: ControlPlane, inferenceName: string | undefined): Board[] {
  const boards = [...plane.boards.values()]
  if (!inferenceName) return boards
  const used = new Set(selectRecords(plane, inferenceName).flatMap((record) => record.boards))
  return boards.filter(({ name }) => used.has(name))
}

/** A registered container, and what it belongs to. */
export interface SelectedContainer {
  record: InferenceRecord
  container: ContainerRecord
}

/** @throws ContainerNotFoundError (307) no container has this name (on this board) */
export function requireContainer(plane: ControlPlane, suffixName: string, board?: string): SelectedContainer {
  const all = containersOf(plane.registry.all())
  const found = all.find(({ container }) => container.suffix_name === suffixName && (!board || container.board === board))
  if (found) return found
  throw clusterError('containerNotFound', {
    detail: `${suffixName}${board ? ` on ${board}` : ''}; registered: ${all.map(({ container }) => container.suffix_name).join(', ') || 'nothing'}`,
    details: { suffix_name: suffixName },
  })
}

/**
 * What a command needs that does something to a program.
 * @throws InvalidArgumentError (302) a Loop has none
 */
export function requireProgram({ config }: InferenceRecord, cmd: string): void {
  if (implementationOf(config) !== 'Loop') return
  throw clusterError('invalidParameter', {
    detail: `${cmd}: ${config.name} is a Loop, which the cluster itself answers: it has no program and no files`,
    details: { inference_name: config.name },
  })
}

/** Every container of these records, with what it belongs to. */
export const containersOf = (records: readonly InferenceRecord[]): SelectedContainer[] =>
  records.flatMap((record) => record.containers.map((container) => ({ record, container })))
