import { z } from 'zod'
import { BoardName, InferenceName } from '../messages/names'

const Filter = { inference_name: z.union([z.literal(''), InferenceName]).optional() }

/**
 * Register configs and start their containers. Answered, once every container is ready, by `ContainerHandlerView[]`.
 * The configs are validated by the manager one by one, so that an error can name config, field and value.
 */
const LoadInferenceCommand = z.strictObject({
  cmd: z.literal('load_inference'),
  container_config: z.array(z.unknown()).min(1).max(256),
  /** `all`, or names of boards. */
  coprocessor_name: z.union([z.literal('all'), z.array(z.string()).min(1).max(1024)]),
})

/** Stop and forget containers. Nothing given: every container on every board. Answered by the `ContainerHandlerView[]` that remain. */
const UnloadInferenceCommand = z.strictObject({
  cmd: z.literal('unload_inference'),
  ...Filter,
  coprocessor_name: z.union([z.literal(''), BoardName]).optional(),
  delete_image: z.boolean().default(true),
  /** ms to wait for requests that are queued or in process; left out: 303 at once. */
  drain_ms: z.number().int().min(0).max(86_400_000).optional(),
})

/** Answered by `ContainerHandlerView[]`. */
const GetContainerHandlerCommand = z.strictObject({ cmd: z.literal('get_container_handler'), ...Filter })

/** Answered by `ContainerStatusView[]`. */
const GetContainerStatusCommand = z.strictObject({ cmd: z.literal('get_container_status'), ...Filter })

/** Answered by `CoprocessorView[]`. */
const GetCoprocessorHandlerCommand = z.strictObject({ cmd: z.literal('get_coprocessor_handler'), ...Filter })

const Distribution = {
  ...Filter,
  coprocessor_name: z.string().optional(),
  /** One container; left out: all of the board, or of every board. */
  suffix_name: z.string().optional(),
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

/** Every command of the management link, told apart by `cmd`. */
export const Command = z.discriminatedUnion('cmd', [
  LoadInferenceCommand,
  UnloadInferenceCommand,
  GetContainerHandlerCommand,
  GetContainerStatusCommand,
  GetCoprocessorHandlerCommand,
  StartDistributionCommand,
  StopDistributionCommand,
  GetMetricsCommand,
  ShutdownCommand,
])
export type Command = z.infer<typeof Command>
export type CommandName = Command['cmd']

/** A command of one name, as the manager handles it: defaults filled in. */
export type CommandOf<Name extends CommandName> = Extract<Command, { cmd: Name }>

/** A command of one name, as a client writes it. */
export type CommandInput<Name extends CommandName> = Extract<z.input<typeof Command>, { cmd: Name }>
