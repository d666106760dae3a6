import { clusterError, parseBoardSelector } from '@aicluster/protocol'
import type { Board } from '../boards/board'
import type { ControlPlane } from '../control-plane/control-plane'
import { implementationOf, servedNames } from '../registry/container-config-rules'
import type { ContainerRecord, InferenceRecord } from '../registry/inference-record'

/**
 * The boards that a `coprocessor_name` selects: `all`, names, labels (`gpu=orin`, `label:gpu`), each board once.
 * What it selects is decided now: a board that is added later is not among them.
 *
 * @throws CoprocessorNotFoundError (304) naming the unknown one and those there are; InvalidArgumentError (302) `all` in a list
 */
export function selectBoards(plane: ControlPlane, selection: 'all' | readonly string[]): Board[] {
  if (selection === 'all') return plane.boards.all()
  const selected = selection.flatMap((text) => {
    if (text === 'all') {
      throw clusterError('invalidParameter', {
        detail: `coprocessor_name: "all" stands alone, not in a list`,
        details: { field: 'coprocessor_name', value: selection },
      })
    }
    return boardsOf(plane, text)
  })
  return [...new Set(selected)]
}

/**
 * The boards that one name or label selects.
 * @throws CoprocessorNotFoundError (304) none, naming those or the labels there are
 */
export function boardsOf(plane: ControlPlane, text: string): Board[] {
  const selector = parseBoardSelector(text)
  if (!selector) return [requireBoard(plane, text)]
  const boards = plane.boards.labelled(selector)
  if (boards.length > 0) return boards
  const known = plane.boards.labelTexts()
  throw clusterError('coprocessorNotFound', {
    detail: `no board has ${text}; ${known.length > 0 ? `the labels of this cluster are ${known.join(', ')}` : 'no board of this cluster has a label'}`,
    details: { coprocessor_name: text, known },
  })
}

export function requireBoard(plane: ControlPlane, name: string): Board {
  const board = plane.boards.get(name)
  if (board) return board
  throw clusterError('coprocessorNotFound', {
    detail: `${name}; the boards of this cluster are ${plane.boards.names().join(', ') || 'none'}`,
    details: { coprocessor_name: name, known: plane.boards.names() },
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
  const boards = plane.boards.all()
  if (!inferenceName) return boards
  const used = new Set(selectRecords(plane, inferenceName).flatMap((record) => record.boards))
  return boards.filter(({ name }) => used.has(name))
}

/** A registered container, and what it belongs to. */
export interface SelectedContainer {
  record: InferenceRecord
  container: ContainerRecord
}

/** @throws ContainerNotFoundError (307) no container has this name (on a board that this name or label selects) */
export function requireContainer(plane: ControlPlane, suffixName: string, board?: string): SelectedContainer {
  const all = containersOf(plane.registry.all())
  const boards = board ? boardsOf(plane, board).map(({ name }) => name) : undefined
  const found = all.find(({ container }) => container.suffix_name === suffixName && (!boards || boards.includes(container.board)))
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
