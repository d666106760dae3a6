import { DEFAULT_PORTS, isHost } from '@aicluster/transport'
import { z } from 'zod'

const LOOPBACK = /^(127\.|localhost$|::1$)/

export const port = z.number().int().min(0).max(65_535)

/** Whether only programs of this machine reach what is bound there. */
export const isLoopback = (host: string): boolean => LOOPBACK.test(host)

const host = z.string().refine(isHost, 'must be an address or a host name')

/** Only programs of this machine reach it. */
export const loopbackHost = (why: string) =>
  host.refine(isLoopback, `must be a loopback address (127.0.0.1, ::1, localhost): ${why}`).default('127.0.0.1')

/** TCP: on loopback as it is; beyond it encrypted, or said to be insecure. */
const TcpListenConfig = z
  .strictObject({
    transport: z.literal('tcp').describe('TCP ports.'),
    host: host
      .default('127.0.0.1')
      .describe('Address to bind; 0.0.0.0 for every address of this machine. Beyond loopback the sockets are encrypted (curve).'),
    curve: z
      .boolean()
      .optional()
      .describe(
        'Whether the sockets are encrypted and let in known keys only. Left out: as soon as host is not a loopback address. The manager makes its key pair itself.',
      ),
    insecure: z
      .boolean()
      .default(false)
      .describe(
        'Bind beyond loopback without encryption: everybody on the network reads all data and all tokens. For networks that protect themselves, such as WireGuard.',
      ),
    inference_port: port
      .default(DEFAULT_PORTS.inference)
      .describe('Requests of applications. 0 lets the system choose; the choice is kept for later starts.'),
    management_port: port
      .default(DEFAULT_PORTS.management)
      .describe('Commands of applications. 0 lets the system choose; the choice is kept for later starts.'),
    pub_port: port
      .default(DEFAULT_PORTS.pub)
      .describe('Answers of containers. 0 lets the system choose; the choice is kept for later starts.'),
    sub_port: port
      .default(DEFAULT_PORTS.sub)
      .describe('Requests to containers. 0 lets the system choose; the choice is kept for later starts.'),
  })
  .superRefine(({ host, curve, insecure }, context) => {
    const refuse = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message })
    if (curve && insecure) refuse('insecure', 'must be false where curve is true: remove one of the two')
    if (curve === false && !insecure && !isLoopback(host))
      refuse('curve', `must be true where host (${host}) is beyond loopback: remove it, or say insecure: true as well`)
  })

/** Where the manager's four sockets are. */
export const ListenConfig = z.discriminatedUnion('transport', [
  z.strictObject({
    transport: z.literal('ipc').describe('Unix sockets in a private folder of the state folder.'),
  }),
  TcpListenConfig,
])
export type ListenConfig = z.infer<typeof ListenConfig>

/** Whether other machines reach the sockets. */
export const reachesBeyond = (listen: ListenConfig): boolean => listen.transport === 'tcp' && !isLoopback(listen.host)

/** Whether the sockets are encrypted. */
export const usesCurve = (listen: ListenConfig): boolean =>
  listen.transport === 'tcp' && (listen.curve ?? (!listen.insecure && reachesBeyond(listen)))

/** Whether other machines reach the sockets, and nothing protects what passes. */
export const isExposed = (listen: ListenConfig): boolean => reachesBeyond(listen) && !usesCurve(listen)
