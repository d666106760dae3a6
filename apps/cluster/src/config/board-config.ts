import { BoardLabelKey, BoardLabelValue, BoardName, nearestKey } from '@aicluster/protocol'
import { isHost } from '@aicluster/transport'
import { z } from 'zod'
import { ESCAPING_OPTIONS } from '../boards/engine/run-options/escaping-options'
import { expandHome } from './home-path'

/** The largest number of labels that one board may have. */
const MAX_LABELS = 64

/** The user's known_hosts: where hosts stand that somebody has accepted by `ssh`. */
const DEFAULT_KNOWN_HOSTS = '~/.ssh/known_hosts'

/** A path of the manager's machine. */
const managerPath = z.string().min(1).max(4096).transform(expandHome)
const host = z.string().max(255).refine(isHost, 'must be an address or a host name')

const labels = z
  .record(BoardLabelKey, z.union([BoardLabelValue, z.number(), z.boolean()]).transform(String))
  .refine((all) => Object.keys(all).length <= MAX_LABELS, `must have ${MAX_LABELS} entries or less`)
  .prefault({})
  .describe('What the board is called together with others: label=value, or label:KEY for any value, selects boards as names and "all" do.')

const name = BoardName.describe(
  'Name of the board, unique in the cluster: 1 to 128 characters of A-Z a-z 0-9 . _ -, the first a letter or digit; not "all".',
)

/** Where a Docker Engine listens that nobody has put elsewhere. */
export const DEFAULT_ENGINE_SOCKET = '/var/run/docker.sock'

const engineSocket = z
  .string()
  .min(1)
  .max(4096)
  .regex(/^\//, 'must be an absolute path')
  .default(DEFAULT_ENGINE_SOCKET)
  .describe("Absolute path, on the board, of its Docker Engine's socket.")

const allowedRunOptions = z
  .array(
    z
      .string()
      .regex(/^--?[A-Za-z][A-Za-z-]{0,63}$/, 'must be an option of docker run, such as "--device"')
      .refine((option) => ESCAPING_OPTIONS.includes(option), { error: ({ input }) => noEscapingOption(String(input)) }),
  )
  .max(64)
  .default([])
  .describe(
    'Options of run_option that reach beyond the container and are allowed here all the same, such as --device, --privileged or -v: each can give the container the board.',
  )

/** A word that allows nothing would be taken for a permission. */
function noEscapingOption(option: string): string {
  const near = nearestKey(option, ESCAPING_OPTIONS)
  const known = near ? `did you mean ${near}?` : `those are ${ESCAPING_OPTIONS.join(', ')}`
  return `must be an option that reaches beyond the container: ${known}`
}

/** A board that is this machine: containers are child processes, or run on the local Docker Engine. */
const LocalBoardConfig = z.strictObject({
  name,
  driver: leftOutIs(z.literal('local').default('local').describe('How the board is reached. local: it is this machine. ssh: over SSH.')),
  labels,
  engine_socket: engineSocket,
  allowed_run_options: allowedRunOptions,
  processes: z
    .boolean()
    .optional()
    .describe(
      'Whether plain programs (implementation_type other) may run here, as the user of the manager. Left out: only while the sockets are not bound beyond loopback.',
    ),
})
export type LocalBoardConfig = z.infer<typeof LocalBoardConfig>

/** A board that is reached over SSH; containers run on its Docker Engine. */
const SshBoardConfig = z
  .strictObject({
    name,
    driver: z.literal('ssh').describe('How the board is reached. local: it is this machine. ssh: over SSH.'),
    address: host.describe('Address or host name of the board.'),
    port: z.number().int().min(1).max(65_535).default(22).describe('Port of its SSH server.'),
    user: z
      .string()
      .regex(/^[A-Za-z0-9_][A-Za-z0-9._@\\-]{0,63}$/, 'must be the name of a user: 1 to 64 characters of A-Z a-z 0-9 . _ - @ \\')
      .describe('User there. It must reach the Docker Engine, which is as good as being root there.'),
    identity_file: managerPath
      .optional()
      .describe("Private key that opens the board: a path of the manager's machine, in which ~ is the home folder."),
    identity_passphrase_file: managerPath.optional().describe('File whose first line is the passphrase of identity_file.'),
    agent: z
      .union([z.literal(true), managerPath])
      .optional()
      .describe("An SSH agent that opens the board: true for that of the manager's SSH_AUTH_SOCK, or the path of its socket."),
    password_file: managerPath.optional().describe('File whose first line is the password that opens the board.'),
    known_hosts: managerPath
      .prefault(DEFAULT_KNOWN_HOSTS)
      .describe("File with the host keys that are accepted, as OpenSSH writes it. That of the manager's state folder counts too."),
    fingerprint: z
      .string()
      .regex(/^SHA256:[A-Za-z0-9+/]{43}$/, 'must be a fingerprint as ssh-keygen -lf prints it: SHA256: and 43 characters')
      .optional()
      .describe('Fingerprint of the one host key that is accepted; known_hosts is then not looked at.'),
    labels,
    resources: z
      .strictObject({
        cpus: z.number().int().min(1).max(4096).optional().describe('Processors.'),
        memory_bytes: z
          .number()
          .int()
          .min(1)
          .max(2 ** 50)
          .optional()
          .describe('Memory, in bytes.'),
        gpus: z.number().int().min(0).max(1024).optional().describe('GPUs.'),
      })
      .prefault({})
      .describe('What the board has, where it does not tell it itself or less of it is meant for the cluster.'),
    advertise: host
      .optional()
      .describe("Address at which containers of this board reach the manager. Left out: the manager's own address on the SSH connection."),
    engine_socket: engineSocket,
    folder: z
      .string()
      .min(1)
      .max(256)
      .refine(isInnerFolder, 'must be a folder below the home folder there, without . and ..')
      .default('.aicluster')
      .describe("Folder for the cluster's files, below the home folder of the user there."),
    allowed_run_options: allowedRunOptions,
  })
  .superRefine(requireOneWayIn)
export type SshBoardConfig = z.infer<typeof SshBoardConfig>

/** One entry of `boards`. */
export const BoardConfig = z.discriminatedUnion('driver', [LocalBoardConfig, SshBoardConfig])
export type BoardConfig = z.infer<typeof BoardConfig>

/** A key that tells branches apart may then be left out: it is its default. */
function leftOutIs<Schema extends z.ZodDefault>(schema: Schema): Schema {
  // An optional one stands for the missing key among the union's branches; the default within fills it in.
  return schema.optional() as unknown as Schema
}

function isInnerFolder(folder: string): boolean {
  if (/\p{Cc}/u.test(folder)) return false
  return folder.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
}

/** Whoever cannot prove who he is should hear it from the configuration, not from the board. */
function requireOneWayIn({ identity_file, agent, password_file, identity_passphrase_file }: WaysIn, context: z.RefinementCtx): void {
  const refuse = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message })
  if (identity_file === undefined && agent === undefined && password_file === undefined) {
    refuse('user', 'needs a way in beside it: identity_file, agent or password_file')
  }
  if (identity_passphrase_file !== undefined && identity_file === undefined) {
    refuse('identity_passphrase_file', 'must stand beside the identity_file whose passphrase it holds')
  }
}

interface WaysIn {
  identity_file?: string | undefined
  identity_passphrase_file?: string | undefined
  agent?: true | string | undefined
  password_file?: string | undefined
}

/** Every board that an earlier one is already, by its name or by how it is reached, is a problem of its own, at its own place. */
export function refuseTwins(boards: readonly BoardConfig[], context: z.RefinementCtx): void {
  const names = new Set<string>()
  const ways = new Map<string, string>()
  for (const [index, board] of boards.entries()) {
    const key = board.name.toLowerCase()
    if (names.has(key)) context.addIssue({ code: 'custom', path: [index, 'name'], message: 'must be unique (case does not count)' })
    names.add(key)
    if (board.driver !== 'ssh') continue
    const way = wayTo(board)
    const twin = ways.get(way)
    if (twin !== undefined) {
      const message = `must not be that of board "${twin}", with the same port and user: one machine is one board`
      context.addIssue({ code: 'custom', path: [index, 'address'], message })
    } else ways.set(way, board.name)
  }
}

/** The same for two entries that are the same user of the same machine. */
const wayTo = ({ address, port, user }: Pick<SshBoardConfig, 'address' | 'port' | 'user'>): string =>
  `${user}@${address.toLowerCase()}:${port}`
