import type { AICluster } from '@aicluster/host-sdk'
import { apiOf, type ErrorRow, isAsyncForm } from './error-table'

/** Registered on every stage on which a call could succeed: a `Loop` on both boards. */
export const LOOP = 'looped'

const BYTES = Uint8Array.of(1, 2, 3)
const IMAGE = { dtype: 'uint8', shape: [3], data: BYTES }
const ONE_NAME = { inferenceName: LOOP }
const OPTIONS = { options: ONE_NAME }

/**
 * The arguments of each API before its callback, by name and in order, with values that are right.
 * Those in `options` are the keys of an options object.
 */
const ARGUMENTS: Record<string, Record<string, unknown>> = {
  'AICluster.load_inference': { containerConfig: { name: LOOP, implementationType: 'Loop' }, coprocessorName: 'all' },
  'AICluster.unload_inference': OPTIONS,
  'AICluster.get_coprocessor_handler': ONE_NAME,
  'AICluster.get_coprocessor_images': ONE_NAME,
  'AICluster.get_container_handler': ONE_NAME,
  'AICluster.get_container_status': ONE_NAME,
  'AICluster.infer_image': { inferenceName: LOOP, image: IMAGE, param: {} },
  'AICluster.infer_voice': { inferenceName: LOOP, data: BYTES, param: {} },
  'AICluster.infer_text': { inferenceName: LOOP, data: BYTES, param: {} },
  'AICluster.infer': { inferenceName: LOOP, data: BYTES, param: {} },
  'AICluster.put_file': { inferenceName: LOOP, fileInfo: { other: '/etc/hostname' } },
  'AICluster.get_queue_info': OPTIONS,
  'AICluster.delete_queue': OPTIONS,
  'AICluster.reload_inference': ONE_NAME,
  'CoprocessorHandler.start_distribution': ONE_NAME,
  'CoprocessorHandler.stop_distribution': ONE_NAME,
  'CoprocessorHandler.add_inference': ONE_NAME,
  'CoprocessorHandler.get_images': {},
  'ContainerHandler.start_distribution': ONE_NAME,
  'ContainerHandler.stop_distribution': ONE_NAME,
  'ContainerHandler.start': {},
  'ContainerHandler.stop': {},
}

/** The arguments of a row's API, right but for what is replaced. */
export function argumentsOf(row: ErrorRow, replaced: Record<string, unknown> = {}): unknown[] {
  const right = ARGUMENTS[apiOf(row)]
  if (!right) throw new Error(`no arguments are written down for ${apiOf(row)}`)
  return Object.entries(right).map(([name, value]) => {
    if (name === 'options') return { ...(value as object), ...replaced }
    return Object.hasOwn(replaced, name) ? replaced[name] : value
  })
}

/** Objects on which the methods of the three classes are called. */
export interface Targets {
  cluster: AICluster
  board: object
  container: object
}

/** The object on which a row's API is called. */
export function targetOf({ class: owner }: ErrorRow, { cluster, board, container }: Targets): object {
  if (owner === 'CoprocessorHandler') return board
  return owner === 'ContainerHandler' ? container : cluster
}

const METHODS: Record<string, string> = {
  'AICluster.__init__': 'connect',
  'AICluster.connect_aicluster': 'connectAICluster',
  'Connector.__init__': 'open',
}

/** The method by which a row's API is called here. */
const methodOf = (row: ErrorRow): string =>
  METHODS[apiOf(row)] ?? row.api.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase())

/** Call the method of a row, whatever the type of its object knows of it. */
export function callMethod(row: ErrorRow, on: object, args: readonly unknown[]): unknown {
  const method: unknown = Reflect.get(on, methodOf(row))
  if (typeof method !== 'function') throw new TypeError(`${row.class} has no method ${methodOf(row)}`)
  return Reflect.apply(method, on, args)
}

/** Of `inferAsync` and `inferImageAsync` the infer callback is told, of everything else the manage callback. */
export const usesInferCallback = (row: ErrorRow): boolean => isAsyncForm(row) && /^infer(_image)?_async$/.test(row.api)
