import { Worker } from 'node:worker_threads'
import { ipcFolder } from '@aicluster/transport'
import type { Logger } from 'pino'
import type { ClusterConfig } from './config/cluster-config'
import { dispatchLimits } from './config/dispatch-limits'
import { isExposed } from './config/listen-config'
import type { ControlThreadData, ControlThreadMessage, ControlThreadOrder } from './control-thread'
import type { DataPlaneEvent } from './data-plane/control-messages'
import { DataPlane } from './data-plane/data-plane'
import { Principals } from './data-plane/principals'
import { serveControlPlane } from './data-plane/serve-control-plane'
import { bindSockets, connectorEnvironment, type Endpoints } from './endpoints'
import { HandOutJournal } from './journal/hand-out-journal'
import { NumberOwners } from './journal/number-owners'
import { Secrets } from './keys/secrets'
import { writeJsonFile } from './registry/json-file'
import { closeSocketFolder } from './registry/socket-folder'
import { StateFolder } from './registry/state-folder'

/** How often a drain looks whether everything is done, in ms. */
const DRAIN_POLL_MS = 20
/** How long applications may take to acknowledge the last outcomes, in ms. */
const DELIVERY_TIMEOUT_MS = 2_000
/** How long the last answers may take to leave, in ms. */
const FLUSH_MS = 50

const EXPOSED =
  'INSECURE: the sockets are bound beyond loopback without encryption (listen.insecure): everybody on the network reads all data and all tokens'

/** The whole manager: the data plane on this thread, the control plane on one of its own. */
export class Manager {
  private stopping: Promise<void> | undefined
  private cutShort = false

  private constructor(
    private readonly config: ClusterConfig,
    private readonly log: Logger,
    private readonly state: StateFolder,
    private readonly dataPlane: DataPlane,
    private readonly control: Worker,
    readonly endpoints: Endpoints,
  ) {}

  /** Where health and metrics are; null: switched off. */
  adminUrl: string | null = null

  /**
   * Open the state folder, bind the sockets, start the control plane.
   * @param controlThread - the built file of the control plane's thread
   * @param onEnd - the manager has ended, by itself or because it was told to; with its exit code
   * @param configFile - what `config` was read from: boards that are added are written there
   * @throws Error that says what is in the way: the state folder, a port
   */
  static async start(
    config: ClusterConfig,
    statePath: string,
    controlThread: URL,
    log: Logger,
    onEnd: (exitCode: number) => void,
    configFile?: string,
  ): Promise<Manager> {
    const state = await StateFolder.open(statePath)
    let emit: (event: DataPlaneEvent) => void = () => {}
    // A Unix socket is as private as its folder; a TCP port of this machine is open to all its users.
    const isPrivate = config.listen.transport === 'ipc'
    const secrets = await Secrets.open(state, config.listen, (message) => log.warn(message))
    const { zap } = secrets
    const principals = new Principals(isPrivate, zap)
    const journal = HandOutJournal.open(state.handOutsFolder, {
      live: () => dataPlane.begun(),
      onWriteFailed: (error) =>
        log.error({ err: error }, 'hand-outs cannot be noted: should the manager be killed now, what is in process may be run twice'),
    })
    const dataPlane: DataPlane = new DataPlane({
      journal,
      epoch: state.epoch,
      limits: { max_body_bytes: config.limits.max_body_bytes, max_header_bytes: config.limits.max_header_bytes },
      dispatch: dispatchLimits(config),
      principals,
      exposed: isExposed(config.listen),
      numberOwners: NumberOwners.open(state.numberOwnersPath, { inUse: () => dataPlane.blocksInUse() }),
      ...(secrets.server && zap ? { curve: { secretKey: secrets.server.secretKey, admission: zap } } : {}),
      emit: (event) => emit(event),
      log: (level, fields, message) => log[level](fields, message),
    })
    secrets.onRefusal = (refusal) => dataPlane.onKeyRefused(refusal)
    let endpoints: Endpoints
    try {
      endpoints = await bindSockets(dataPlane, config, state)
    } catch (error) {
      await dataPlane.close()
      await zap?.close()
      await state.unlock()
      throw error
    }
    const control = new Worker(controlThread, {
      workerData: {
        config,
        statePath: state.path,
        connectorEnvironment: connectorEnvironment(endpoints),
        configFile,
        local: secrets.principal,
        ...(secrets.server ? { serverKey: secrets.server.publicKey } : {}),
      } satisfies ControlThreadData,
    })
    emit = serveControlPlane(control, () => dataPlane)
    const manager = new Manager(config, log, state, dataPlane, control, endpoints)
    try {
      manager.adminUrl = await manager.whenStarted(onEnd)
    } catch (error) {
      await control.terminate()
      await dataPlane.close()
      await zap?.close()
      await state.unlock()
      throw error
    }
    await writeJsonFile(state.managerPath, { pid: process.pid, epoch: state.epoch, ...manager.whereabouts, ...secrets.forLocal })
    if (isExposed(config.listen)) log.warn({ ...endpoints }, EXPOSED)
    // Last: after a restart everybody comes at once, and whatever is still to be done here would wait behind what they send.
    dataPlane.open()
    zap?.open()
    return manager
  }

  /** What it tells those who look for it. */
  get whereabouts(): Endpoints & { admin?: string } {
    return { ...this.endpoints, ...(this.adminUrl ? { admin: this.adminUrl } : {}) }
  }

  /**
   * Accept nothing new, let what is in hand finish (at most the configured drain time), end.
   * A second call cuts the drain short.
   *
   * @param stopContainers - false leaves the containers for the next manager to adopt
   */
  stop(stopContainers: boolean): Promise<void> {
    if (this.stopping) this.cutShort = true
    this.stopping ??= this.drainAndEnd(stopContainers)
    return this.stopping
  }

  private async drainAndEnd(stopContainers: boolean): Promise<void> {
    this.log.info({ stopContainers }, 'stopping: nothing new is accepted, what is in hand finishes')
    this.dataPlane.drain()
    await this.until(() => !this.dataPlane.busy, this.config.drain_timeout)
    if (this.dataPlane.busy) this.log.warn('the drain was cut short: requests are still open')
    // Where containers stay, a successor goes on with what is left; applications ask for it again.
    if (stopContainers) this.dataPlane.failWaiting()
    // Who still holds something has had its time.
    await this.stopControl(stopContainers, this.dataPlane.busy ? 0 : this.config.stop_timeout)
    // The last outcomes reach applications that are there; those that are away ask the next manager.
    await this.until(() => this.dataPlane.undelivered === 0, DELIVERY_TIMEOUT_MS)
    await pause(FLUSH_MS)
    await this.dataPlane.close()
    await this.control.terminate()
    const { address } = this.endpoints
    if (address.startsWith('ipc://')) await closeSocketFolder(ipcFolder(address), !stopContainers)
    await this.state.unlock()
    this.log.info('stopped')
  }

  /** Wait for something, at most `limitMs`, and no longer than until the stop is cut short. */
  private async until(isDone: () => boolean, limitMs: number): Promise<void> {
    const giveUpAt = performance.now() + limitMs
    while (!isDone() && !this.cutShort && performance.now() < giveUpAt) await pause(DRAIN_POLL_MS)
  }

  private stopControl(stopContainers: boolean, graceMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.control.on('message', (message: ControlThreadMessage | { type: string }) => {
        if (message.type === 'stopped') resolve()
      })
      this.control.postMessage({ type: 'stop', stopContainers, graceMs } satisfies ControlThreadOrder)
    })
  }

  /** @returns where health and metrics are */
  private whenStarted(onEnd: (exitCode: number) => void): Promise<string | null> {
    return new Promise((resolve, reject) => {
      let started = false
      this.control.on('message', (message: ControlThreadMessage | { type: string }) => {
        const { reason, adminUrl } = message as { reason?: string; adminUrl?: string | null }
        if (message.type === 'started') {
          started = true
          resolve(adminUrl ?? null)
        }
        if (message.type === 'cannot-start') reject(new Error(reason))
        else if (message.type === 'shutdown') void this.stop((message as { stopContainers: boolean }).stopContainers).then(() => onEnd(0))
      })
      this.control.on('error', (error) => {
        this.log.fatal({ err: error }, 'the control plane failed')
        reject(error)
        // Without it nothing can be loaded or reported: whoever supervises us starts us anew, containers are adopted.
        if (started && !this.stopping) void this.state.unlock().finally(() => onEnd(1))
      })
    })
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
