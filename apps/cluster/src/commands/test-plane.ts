import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CommandOf } from '@aicluster/protocol'
import { pino } from 'pino'
import { ClusterConfig } from '../config/cluster-config'
import type { ContainerFleet } from '../control-plane/container-fleet'
import { ControlPlane } from '../control-plane/control-plane'
import type { DataPlaneClient } from '../control-plane/data-plane-client'
import type { ContainerRecord, InferenceRecord } from '../registry/inference-record'
import { StateFolder } from '../registry/state-folder'
import type { CommandCall } from './command-call'

/** A control plane in a folder of its own whose containers are only said to run, and whose data plane says yes to everything. */
export class TestPlane implements AsyncDisposable {
  /** What was done to containers, in order: `start digits-board1`. */
  readonly done: string[] = []
  /** What fails, of that which could be done. */
  readonly failing = new Set<string>()
  /** What the data plane was asked, and what it says; undefined where it only does it. */
  readonly asked: { name: string; argument: unknown }[] = []
  readonly answers: Record<string, unknown> = { isIdle: true, removeIfIdle: true, snapshot: { containers: [], queues: [] } }
  private count = 0

  private constructor(
    readonly folder: string,
    state: StateFolder,
    config: object,
    dataPlane: (test: () => TestPlane) => Partial<DataPlaneClient>,
    readonly plane = new ControlPlane({
      config: ClusterConfig.parse(config),
      state,
      dataPlane: dataPlane(() => this) as DataPlaneClient,
      log: pino({ level: 'silent' }),
      connectorEnvironment: {},
      configFile: join(folder, 'cluster.yaml'),
      adminUrl: null,
      onShutdown() {},
    }),
  ) {
    this.pretendContainers()
  }

  static async open(config: object = {}): Promise<TestPlane> {
    const folder = mkdtempSync(join(tmpdir(), 'aic-plane-'))
    const state = await StateFolder.open(join(folder, 'state'))
    return new TestPlane(folder, state, config, (test) => ({
      call: (async (name: string, argument: unknown) => {
        test().asked.push({ name, argument })
        return test().answers[name]
      }) as DataPlaneClient['call'],
    }))
  }

  readonly call: CommandCall = {
    session: 1,
    from: 'test',
    principal: {} as CommandCall['principal'],
    signal: new AbortController().signal,
    progress() {},
  }

  /** Where an inference's config file lies. */
  fileOf = (name: string): string => this.plane.registry.pathOf(name)

  /** Beside that file while it is written: what has this name keeps it from being written. */
  writtenBeside = (name: string): string => `${this.fileOf(name)}.${process.pid}.tmp`

  async register(name: string, more: Partial<InferenceRecord['config']> = {}, boards = ['board1', 'board2']): Promise<InferenceRecord> {
    const record = this.record(name, more, boards)
    await this.plane.registry.set(record)
    return record
  }

  record(name: string, more: Partial<InferenceRecord['config']> = {}, boards = ['board1', 'board2']): InferenceRecord {
    const config = { name, implementation_type: 'other' as const, run_command: process.execPath, ...more }
    return { version: 1, config, boards, containers: boards.map((board) => this.container(`${name}-${board}`, board)) }
  }

  load(...configs: CommandOf<'load_inference'>['container_config']): CommandOf<'load_inference'> {
    return { cmd: 'load_inference', container_config: configs, coprocessor_name: 'all' } as CommandOf<'load_inference'>
  }

  /** By container, the token that counts: `first` as it was registered, `again` once it was started again. */
  tokens(name: string): Record<string, string> {
    const containers = this.plane.registry.get(name)?.containers ?? []
    return Object.fromEntries(containers.map(({ suffix_name, token_sha256 }) => [suffix_name, token_sha256]))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.plane.close()
    rmSync(this.folder, { recursive: true, force: true })
  }

  private container(suffix: string, board: string): ContainerRecord {
    return {
      instance: `${suffix}#${++this.count}`,
      suffix_name: suffix,
      board,
      token_sha256: 'first',
      distribution_off: [],
      stopped: false,
    }
  }

  private pretendContainers(): void {
    const { fleet } = this.plane
    const pretend = async (what: string, suffix: string) => {
      this.done.push(`${what} ${suffix}`)
      if (this.failing.has(`${what} ${suffix}`)) throw new Error(`${what} ${suffix} fails`)
    }
    const of = (instance: string) => instance.split('#')[0] as string
    const again = async (_: unknown, earlier: ContainerRecord) => {
      await pretend('start', earlier.suffix_name)
      return { ...earlier, token_sha256: 'again', stopped: false }
    }
    const pretended: Partial<ContainerFleet> = {
      start: async (_, suffix, board) => {
        await pretend('make', suffix)
        return this.container(suffix, board)
      },
      startAgain: again,
      restart: again,
      stop: (instance) => pretend('stop', of(instance)),
      setAside: (instance) => pretend('set aside', of(instance)),
      bringBack: (instance) => pretend('bring back', of(instance)),
      removeOrLeave: (instance) => pretend('remove', of(instance)),
    }
    Object.assign(fleet, pretended)
  }
}
