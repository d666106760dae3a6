import { isAbsolute } from 'node:path'
import { COMMAND_NAMES, DEFAULT_MAX_BODY_BYTES, MAX_HEADER_BYTES } from '@aicluster/protocol'
import { z } from 'zod'
import { BoardConfig, refuseTwins } from './board-config'
import { ListenConfig, loopbackHost, port } from './listen-config'
import { refuseUnreachable } from './refuse-unreachable'

/** Where `auto` looks first. */
export const DEFAULT_ADMIN_PORT = 47_104

const milliseconds = z
  .number()
  .int()
  .min(1)
  .max(2 ** 31 - 1)

/** Its keys, one by one. */
const ClusterKeys = z.strictObject({
  boards: z
    .array(BoardConfig)
    .min(1)
    .max(1024)
    .superRefine(refuseTwins)
    .prefault([{ name: 'board1' }, { name: 'board2' }])
    .describe('The boards of the cluster.'),
  listen: ListenConfig.default({ transport: 'ipc' }).describe("Where the manager's sockets are."),
  file_roots: z
    .array(z.string().refine(isAbsolute, 'must be an absolute path'))
    .max(1024)
    .optional()
    .describe(
      "Folders of the manager's host below which applications may name files (script_path, image_path, copy, put_file). Left out: everywhere while the sockets are not bound beyond loopback, else nowhere.",
    ),
  admin: z
    .strictObject({
      enabled: z.boolean().default(true).describe('Whether health and metrics are served over HTTP.'),
      host: loopbackHost('it has neither encryption nor passwords').describe('Loopback address to bind.'),
      port: z
        .union([port, z.literal('auto')])
        .default('auto')
        .describe(
          `Port of health and metrics. auto: ${DEFAULT_ADMIN_PORT}, or where that is taken a free one, kept for later starts. 0 lets the system choose; the choice is kept too.`,
        ),
    })
    .prefault({})
    .describe('Health and metrics over HTTP: read-only, for programs of this machine.'),
  defaults: z
    .strictObject({
      send_timeout: milliseconds.default(60_000).describe('How long a request may wait in the queue, in ms; after it 306.'),
      wait_queue_timeout: milliseconds
        .default(300_000)
        .describe('How long a container may take from being sent a request to its response, in ms; after it 401.'),
      queue_limit: z.number().int().min(0).default(100_000).describe('Requests that may wait in the queue of an inference; full is 305.'),
      queue_bytes: z
        .number()
        .int()
        .min(0)
        .default(1024 ** 3)
        .describe('Bytes that may wait in the queue of an inference; full is 305.'),
      start_timeout: milliseconds.default(60_000).describe('In which time a container must connect and be ready, in ms; after it 311.'),
    })
    .prefault({})
    .describe("What an inference's own configuration leaves open."),
  limits: z
    .strictObject({
      max_body_bytes: z
        .number()
        .int()
        .min(4096)
        .max(2 ** 32 - 1)
        .default(DEFAULT_MAX_BODY_BYTES)
        .describe('Largest data of one request or result, in bytes.'),
      max_header_bytes: z
        .number()
        .int()
        .min(4096)
        .max(2 ** 30)
        .default(MAX_HEADER_BYTES)
        .describe('Largest header (parameters, metadata, plain results) of one record, in bytes.'),
      max_queued_per_session: z
        .number()
        .int()
        .min(1)
        .default(100_000)
        .describe('Requests of one application that may wait, in all queues together; one more is 305.'),
      max_sent_files_bytes: z
        .number()
        .int()
        .min(0)
        .max(2 ** 50)
        .default(64 * 1024 ** 3)
        .describe(
          'What the manager keeps, in bytes, of files that applications send for their inferences (scripts, models, image archives); more is 302.',
        ),
    })
    .prefault({})
    .describe('What the manager takes from its peers. They are told the sizes at hello.'),
  drain_timeout: milliseconds
    .default(30_000)
    .describe('How long requests may take to finish when the manager, or a container, is told to end, in ms; then it ends all the same.'),
  stop_timeout: milliseconds
    .default(5_000)
    .describe('How long a container may take to end after it was asked to, in ms; then it is killed.'),
  hang_timeout: z
    .union([milliseconds, z.literal('never')])
    .default(60_000)
    .describe('How long a container may still hold a request after its response timeout, in ms, or never; then it counts as hung.'),
  disabled_commands: z
    .array(z.enum(COMMAND_NAMES))
    .max(COMMAND_NAMES.length)
    .default([])
    .describe('Management commands that are switched off here, by their names on the wire: each is refused with 900.'),
  log_level: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe("The least important of the manager's log lines that are written."),
})

/** `cluster.yaml`. Every default of the manager is here; docs/configuration.md lists them. */
export const ClusterConfig = ClusterKeys.superRefine(refuseUnreachable)
export type ClusterConfig = z.infer<typeof ClusterConfig>
export type DefaultsConfig = ClusterConfig['defaults']
