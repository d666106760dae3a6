import { z } from 'zod'
import { MAX_QUEUE_PAGE, MAX_U48 } from '../limits'
import { BoardSelectorText, MAX_BOARD_TEXT } from '../messages/board-labels'
import { BoardName, InferenceName } from '../messages/names'
import { AddBoardCommand, CheckBoardsCommand, ProbeBoardCommand, RemoveBoardCommand, TrustBoardCommand } from './board-commands'
import { GetMissingCommand, OfferFilesCommand, PutChunkCommand } from './file-commands'
import { LoadInferenceCommand } from './load-inference'
import { PutFileCommand } from './put-file'

/** Longest name of a container: those of its inference and its board, and a number. */
const MAX_CONTAINER_NAME = 256

/** Text that may name a board or a label, or nothing that there is. */
const BoardText = z.string().max(MAX_BOARD_TEXT)
const ContainerText = z.string().max(MAX_CONTAINER_NAME)

const Filter = { inference_name: z.union([z.literal(''), InferenceName]).optional() }

/** Stop and forget containers. Nothing given: every container on every board. Answered by `UnloadView`. */
const UnloadInferenceCommand = z.strictObject({
  cmd: z.literal('unload_inference'),
  ...Filter,
  /** Name or label of boards; left out: every board. */
  coprocessor_name: z.union([z.literal(''), BoardName, BoardSelectorText]).optional(),
  delete_image: z.boolean().default(true),
  /** ms to wait for requests that are queued or in process; left out: 303 at once. */
  drain_ms: z.number().int().min(0).max(86_400_000).optional(),
  /** Containers on boards that cannot be worked with are forgotten, instead of 500. Ours. */
  force: z.boolean().default(false),
})

/** Answered by `ContainerHandlerView[]`. */
const GetContainerHandlerCommand = z.strictObject({ cmd: z.literal('get_container_handler'), ...Filter })

/** Answered by `ContainerStatusView[]`. */
const GetContainerStatusCommand = z.strictObject({ cmd: z.literal('get_container_status'), ...Filter })

/** Answered by `CoprocessorView[]`. */
const GetCoprocessorHandlerCommand = z.strictObject({
  cmd: z.literal('get_coprocessor_handler'),
  ...Filter,
  /** Name or label of boards; left out: every board. Ours. */
  coprocessor_name: z.union([z.literal(''), BoardName, BoardSelectorText]).optional(),
})

const Distribution = {
  ...Filter,
  /** Name or label of boards; left out: every board. */
  coprocessor_name: BoardText.optional(),
  /** One container; left out: all of the board, or of every board. */
  suffix_name: ContainerText.optional(),
}

/** Hand out requests again. Answered by `DistributionView[]`. */
const StartDistributionCommand = z.strictObject({ cmd: z.literal('start_distribution'), ...Distribution })

/** Hand out nothing more; queues keep accepting. Answered by `DistributionView[]`. */
const StopDistributionCommand = z.strictObject({ cmd: z.literal('stop_distribution'), ...Distribution })

/** Every counter, gauge and heap figure of the manager. Read-only. Answered by `MetricsView`. */
const GetMetricsCommand = z.strictObject({ cmd: z.literal('get_metrics') })

/** Drain and end the manager. Answered by `{}` before the drain begins. */
const ShutdownCommand = z.strictObject({
  cmd: z.literal('shutdown'),
  /** Also stop the containers; false leaves them for the next manager to adopt. */
  stop_containers: z.boolean().default(true),
})

const RequestNumber = z.number().int().min(1).max(MAX_U48)

const QueueFilter = {
  ...Filter,
  /** One request. */
  request_no: RequestNumber.optional(),
  /** Requests of processes with this number, on whatever host. */
  pid: z
    .number()
    .int()
    .min(1)
    .max(2 ** 31)
    .optional(),
}

/** What waits or is in hand, in pages, in the order of arrival. Answered by `QueuePageView`. */
const GetQueueInfoCommand = z.strictObject({
  cmd: z.literal('get_queue_info'),
  ...QueueFilter,
  /** Entries of one page. */
  limit: z.number().int().min(1).max(MAX_QUEUE_PAGE).default(MAX_QUEUE_PAGE),
  /** Only what has arrived behind this place: `next` of the page before, or the `order` of an entry. */
  after: z.number().int().min(0).max(MAX_U48).optional(),
})

/**
 * Take waiting requests out of their queues: their owners see 310. All of the selection or nothing: 308 if one belongs to another session
 * and `force_delete` is false. No filter: every one. Answered by `QueueDeletionView`.
 */
const DeleteQueueCommand = z.strictObject({
  cmd: z.literal('delete_queue'),
  ...QueueFilter,
  force_delete: z.boolean().default(false),
})

/** Start what is registered anew, from its config file. Answered by `ContainerHandlerView[]`. */
const ReloadInferenceCommand = z.strictObject({ cmd: z.literal('reload_inference'), inference_name: InferenceName })

/** Bring an inference that is registered elsewhere to these boards too, all or none. Answered by their `ContainerHandlerView[]`. */
const AddInferenceCommand = z.strictObject({
  cmd: z.literal('add_inference'),
  inference_name: InferenceName,
  /** Name or label of boards. */
  coprocessor_name: BoardText,
})

const OneContainer = { coprocessor_name: BoardText, suffix_name: ContainerText }

/** Run the program of a container that was stopped. Answered by its `ContainerStatusView`. */
const StartCommand = z.strictObject({ cmd: z.literal('start'), ...OneContainer })

/** End the program of a container; it stays registered, and stopped also over a restart of the manager. Answered by its `ContainerStatusView`. */
const StopCommand = z.strictObject({ cmd: z.literal('stop'), ...OneContainer })

/** Images on the boards on which the inference is registered; on all boards when none is given. Answered by `CoprocessorImagesView[]`. */
const GetCoprocessorImagesCommand = z.strictObject({ cmd: z.literal('get_coprocessor_images'), ...Filter })

/** Images on one board, or on those with a label. Answered by `CoprocessorImagesView[]`, one entry for each. */
const GetImagesCommand = z.strictObject({ cmd: z.literal('get_images'), coprocessor_name: BoardText })

/** What a container's program has printed. Ours. Answered by `ContainerLogView`. */
const GetContainerLogCommand = z.strictObject({
  cmd: z.literal('get_container_log'),
  suffix_name: ContainerText,
  /** `next` of the reply before: go on from there. Left out: the last lines. */
  after: z.string().max(256).optional(),
  /** Lines, when `after` is left out. */
  lines: z.number().int().min(0).max(10_000).default(100),
})

/** From now on this session gets what a source publishes, until `unsubscribe` or its end. Ours. Answered by `{}`. */
const SubscribeCommand = z.strictObject({ cmd: z.literal('subscribe'), inference_name: InferenceName })
const UnsubscribeCommand = z.strictObject({ cmd: z.literal('unsubscribe'), inference_name: InferenceName })

/** Every command of the management link, told apart by `cmd`. */
export const Command = z.discriminatedUnion('cmd', [
  LoadInferenceCommand,
  UnloadInferenceCommand,
  GetContainerHandlerCommand,
  GetContainerStatusCommand,
  GetCoprocessorHandlerCommand,
  StartDistributionCommand,
  StopDistributionCommand,
  GetQueueInfoCommand,
  DeleteQueueCommand,
  ReloadInferenceCommand,
  AddInferenceCommand,
  PutFileCommand,
  OfferFilesCommand,
  GetMissingCommand,
  PutChunkCommand,
  StartCommand,
  StopCommand,
  GetCoprocessorImagesCommand,
  GetImagesCommand,
  GetContainerLogCommand,
  SubscribeCommand,
  UnsubscribeCommand,
  ProbeBoardCommand,
  CheckBoardsCommand,
  TrustBoardCommand,
  AddBoardCommand,
  RemoveBoardCommand,
  GetMetricsCommand,
  ShutdownCommand,
])
export type Command = z.infer<typeof Command>
/** What stands in `cmd`. */
export type CommandName = Command['cmd']

/** Every command's name. */
export const COMMAND_NAMES = Command.options.map(({ shape }) => shape.cmd.value)

/** A command of one name, as the manager handles it: defaults filled in. */
export type CommandOf<Name extends CommandName> = Extract<Command, { cmd: Name }>

/** A command of one name, as a client writes it. */
export type CommandInput<Name extends CommandName> = Extract<z.input<typeof Command>, { cmd: Name }>
