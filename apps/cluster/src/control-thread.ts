import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { pino } from 'pino'
import { AdminPages } from './admin/admin-pages'
import { AdminServer } from './admin/admin-server'
import { listenAdmin } from './admin/listen'
import type { ClusterConfig } from './config/cluster-config'
import { ControlPlane } from './control-plane/control-plane'
import { DataPlaneClient } from './control-plane/data-plane-client'
import type { DataPlaneEvent } from './data-plane/control-messages'
import { KeyStore } from './keys/key-store'
import { KeyWatch } from './keys/key-watch'
import type { Principal } from './keys/principal'
import { LoopWatch } from './loop-watch'
import { watchOwnLog } from './own-log'
import { StateFolder } from './registry/state-folder'

/** What the main thread hands to this one. */
export interface ControlThreadData {
  config: ClusterConfig
  statePath: string
  connectorEnvironment: Record<string, string>
  /** Absolute; undefined: there is none. */
  configFile: string | undefined
  /** Programs of this machine's user, where they have to show who they are. */
  local?: Principal | undefined
  /** The manager's public CURVE key; left out without CURVE. */
  serverKey?: string
}

/** What this thread tells the main one, beside the data plane's conversation. */
export type ControlThreadMessage =
  | { type: 'started'; adminUrl: string | null }
  /** Nothing was begun; the reason is for people. */
  | { type: 'cannot-start'; reason: string }
  | { type: 'shutdown'; stopContainers: boolean }
  | { type: 'stopped' }

/** What the main thread tells this one. */
export type ControlThreadOrder = {
  type: 'stop'
  stopContainers: boolean
  /** How long containers may take to finish, in ms. */
  graceMs: number
}

const port = parentPort
if (!port) throw new Error('this file runs as a worker of the manager, not by itself')

const { config, statePath, connectorEnvironment, configFile, local, serverKey } = workerData as ControlThreadData
const log = pino({ level: config.log_level, base: { thread: 'control' } }, pino.destination({ fd: 2, sync: true }))
const tell = (message: ControlThreadMessage) => port.postMessage(message)

watchOwnLog(join(statePath, 'manager.log'), (error) => log.warn({ err: error }, 'the log cannot be put aside, and grows'))

let plane: ControlPlane | undefined
const waiting: DataPlaneEvent[] = []
const client = new DataPlaneClient(port, (event) => (plane ? plane.onEvent(event) : waiting.push(event)))
const state = await StateFolder.attach(statePath)
const adminUrl = await serveAdmin()
plane = new ControlPlane({
  config,
  state,
  dataPlane: client,
  log,
  connectorEnvironment,
  configFile,
  ...(serverKey === undefined ? {} : { serverKey }),
  adminUrl,
  onShutdown: (stopContainers) => tell({ type: 'shutdown', stopContainers }),
})
for (const event of waiting.splice(0)) plane.onEvent(event)

port.on('message', (message: ControlThreadOrder | { type: string }) => {
  if (message.type === 'stop') void stop(message as ControlThreadOrder)
})

async function stop({ stopContainers, graceMs }: ControlThreadOrder): Promise<void> {
  try {
    if (stopContainers) await plane?.fleet.stopAll(graceMs)
    else plane?.fleet.detachAll()
  } catch (error) {
    log.error({ err: error }, 'a container could not be stopped')
  }
  await plane?.close()
  tell({ type: 'stopped' })
}

const keys = new KeyWatch(await KeyStore.open(state.path), log, (principals) =>
  client.call('setPrincipals', local ? [local, ...principals] : principals),
)
await keys.start()
await plane.start()
tell({ type: 'started', adminUrl })

/** Before anything else is done: from now on the manager says that it is starting. */
async function serveAdmin(): Promise<string | null> {
  if (!config.admin.enabled) return null
  const loop = new LoopWatch()
  const pages = new AdminPages({
    dataPlane: client,
    plane: () =>
      plane && {
        boards: plane.boards,
        registry: plane.registry,
        given: plane.given,
        started: plane.started,
        unreadable: plane.unreadable,
        epoch: state.epoch,
        loop,
      },
  })
  try {
    return await listenAdmin(new AdminServer(pages, log), config.admin, state.adminPortPath)
  } catch (error) {
    tell({ type: 'cannot-start', reason: error instanceof Error ? error.message : String(error) })
    // The main thread ends this one.
    return new Promise<never>(() => {})
  }
}
