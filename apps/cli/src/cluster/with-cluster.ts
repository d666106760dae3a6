import { AICluster, type ConnectOptions, SocketConnectionError } from '@aicluster/host-sdk'
import type { Context } from '../context'
import { isRunning, managerWord } from './manager-word'
import { stateFolder } from './state-folder'

/** How long to try when the manager's process does not seem to be there any more, in ms. */
const GONE_TIMEOUT_MS = 1_000

/** Connect, do something, say goodbye, whatever happened. */
export async function withCluster<T>(
  context: Context,
  action: (cluster: AICluster) => Promise<T>,
  limits: Pick<ConnectOptions, 'connectTimeoutMs'> = {},
): Promise<T> {
  const cluster = await context.output.progress('connecting to the cluster', connect(context, limits))
  try {
    return await action(cluster)
  } finally {
    await cluster.release()
  }
}

async function connect(context: Context, limits: Pick<ConnectOptions, 'connectTimeoutMs'>): Promise<AICluster> {
  const options = { ...connectOptions(context), ...limits }
  const pid = options.stateFolder ? (await managerWord(options.stateFolder))?.pid : undefined
  // It may be in another namespace of process numbers: so it gets its chance, but a short one.
  if (pid === undefined || isRunning(pid)) return AICluster.connect(options)
  try {
    return await AICluster.connect({ connectTimeoutMs: GONE_TIMEOUT_MS, ...options })
  } catch (cause) {
    const detail = `the manager of the state folder ${options.stateFolder} (pid ${pid}) is gone without having said goodbye; start one with "aicluster up"`
    throw new SocketConnectionError('connectionEstablishment', { detail, details: { stateFolder: options.stateFolder, pid }, cause })
  }
}

/** What is on the command line comes first, then an endpoint from the environment, then a state folder. */
function connectOptions(context: Context): ConnectOptions {
  const endpoint = givenEndpoint(context)
  const keyFile = givenKeyFile(context)
  if (endpoint || keyFile) return { ...(endpoint ? { endpoint } : {}), ...(keyFile ? { keyFile } : {}) }
  // '' keeps the SDK from an endpoint in the environment that --state has overruled.
  return { endpoint: '', stateFolder: stateFolder(context.options.state, context.env) }
}

/** The key file to use: it says too where the manager is. */
const givenKeyFile = ({ options: { keyFile, endpoint, state }, env }: Context): string | undefined =>
  keyFile ?? (endpoint === undefined && state === undefined ? env.AICLUSTER_KEY_FILE || undefined : undefined)

/** Whether the manager is found without its state folder: nothing there tells of it then. */
export const isElsewhere = (context: Context): boolean => (givenEndpoint(context) || givenKeyFile(context)) !== undefined

/** The endpoint to use, undefined when the state folder tells it. */
const givenEndpoint = ({ options: { endpoint, state }, env }: Context): string | undefined =>
  endpoint ?? (state === undefined ? env.AICLUSTER_ENDPOINT || undefined : undefined)
