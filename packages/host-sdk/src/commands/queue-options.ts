import { type CommandInput, type KeysOf, MAX_U48 } from '@aicluster/protocol'
import { optionalName, requireObject, wrongArgument } from '../arguments'
import type { QueueInfo } from '../handlers/queue-info'

/** Which entries of the queues. What is not given does not restrict; what is given must all hold. */
export interface QueueFilter {
  /** Entries of this inference. */
  inferenceName?: string
  /** One request, as its call has returned it. 0 or `''`: not given. */
  requestNo?: string | number
  /** Entries of processes with this number, on whatever host. 0: not given. */
  pid?: number
}

/** What `getQueueInfo` reads. */
export interface QueueInfoOptions extends QueueFilter {
  /** Entries at the most. Default: all. Ours. */
  limit?: number
  /** Go on behind this entry, or behind the request of this number, which must still be open. Default: from the oldest. Ours. */
  after?: QueueInfo | string | number
}

/** What `deleteQueue` deletes. */
export interface DeleteQueueOptions extends QueueFilter {
  /** Also entries of other sessions. Needs the right to manage. Default false. */
  forceDelete?: boolean
}

const FILTER_KEYS: KeysOf<QueueFilter> = { inferenceName: true, requestNo: true, pid: true }
export const QUEUE_INFO_KEYS: KeysOf<QueueInfoOptions> = { ...FILTER_KEYS, limit: true, after: true }
export const DELETE_QUEUE_KEYS: KeysOf<DeleteQueueOptions> = { ...FILTER_KEYS, forceDelete: true }

type WireFilter = Pick<CommandInput<'get_queue_info'>, 'inference_name' | 'request_no' | 'pid'>

const MAX_PID = 2 ** 31

/** @throws InvalidArgumentError (302) a value of another kind */
export function queueFilter({ inferenceName, requestNo, pid }: QueueFilter): WireFilter {
  const name = optionalName('inferenceName', inferenceName)
  const number = optionalNumber('requestNo', requestNo)
  if (pid !== undefined && pid !== null && !(Number.isInteger(pid) && pid >= 0 && pid <= MAX_PID)) {
    throw wrongArgument('pid', pid, `a process number from 1 to ${MAX_PID}; 0 for none`)
  }
  return {
    ...(name === undefined ? {} : { inference_name: name }),
    ...(number === undefined ? {} : { request_no: number }),
    ...(pid ? { pid } : {}),
  }
}

/** @throws InvalidArgumentError (302) a value of another kind */
export function deleteQueueCommand(options: unknown): CommandInput<'delete_queue'> {
  const given = requireObject<DeleteQueueOptions>(options, 'options')
  const { forceDelete } = given
  if (forceDelete !== undefined && typeof forceDelete !== 'boolean') throw wrongArgument('forceDelete', forceDelete, 'true or false')
  return { cmd: 'delete_queue', ...queueFilter(given), ...(forceDelete === undefined ? {} : { force_delete: forceDelete }) }
}

/** A request number as a number or its decimal text; 0, `''`, undefined and null are "not given". @throws InvalidArgumentError (302) */
export function optionalNumber(argument: string, value: unknown): number | undefined {
  if (value === undefined || value === null || value === '' || value === 0) return undefined
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
  if (number === 0) return undefined
  if (typeof number === 'number' && Number.isInteger(number) && number > 0 && number <= MAX_U48) return number
  throw wrongArgument(argument, value, `a request number: a whole number up to ${MAX_U48}, or its decimal text`)
}
