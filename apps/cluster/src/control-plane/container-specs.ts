import { createHash, randomBytes } from 'node:crypto'
import type { ContainerConfig } from '@aicluster/protocol'
import { newCurveKeyPair } from '@aicluster/transport'
import type { ContainerSpec } from '../boards/board'
import type { Sources } from '../given/placed-config'
import type { ContainerRecord } from '../registry/inference-record'

export interface SpecOptions {
  /** What a Connector needs to find the manager. */
  connectorEnvironment: Readonly<Record<string, string>>
  /** The manager's public CURVE key; left out without CURVE. */
  serverKey?: string
  /** Files that were put for an inference, if there are any. */
  filesFolderOf(inferenceName: string): string | undefined
  /** The config with the places where what was sent lies. */
  placed(sources: Sources): ContainerConfig
}

/** Where a container is to be, and with what. */
interface Wanted {
  suffixName: string
  board: string
  /** Inference names whose distribution to it is off from the beginning. */
  distributionOff: string[]
  /** Whether the files that were put for the inference lie over those of its config. */
  withFiles: boolean
}

/** What a board is told of a container, and what is registered of it: who it is, and what it proves that with. */
export class ContainerSpecs {
  constructor(private readonly options: SpecOptions) {}

  /**
   * A container that is to be started, with a token (and keys) of its own.
   * @param earlier - the same container before: it keeps its instance
   */
  fresh(sources: Sources, wanted: Wanted, earlier?: ContainerRecord): { record: ContainerRecord; spec: ContainerSpec } {
    const token = randomBytes(32).toString('base64url')
    const { serverKey } = this.options
    const pair = serverKey === undefined ? undefined : newCurveKeyPair()
    const record: ContainerRecord = {
      instance: earlier?.instance ?? randomBytes(16).toString('hex'),
      suffix_name: wanted.suffixName,
      board: wanted.board,
      token_sha256: createHash('sha256').update(token).digest('hex'),
      ...(pair ? { public_key: pair.publicKey } : {}),
      distribution_off: earlier?.distribution_off ?? wanted.distributionOff,
      created: earlier?.created ?? new Date().toISOString(),
      stopped: false,
    }
    const spec = this.make(sources, record, token, wanted.withFiles)
    if (!pair) return { record, spec }
    const curve = JSON.stringify({ server_key: serverKey, public_key: pair.publicKey, secret_key: pair.secretKey })
    return { record, spec: { ...spec, curve } }
  }

  /** One that is there already: what it proves itself with is there too. */
  of(sources: Sources, record: ContainerRecord): ContainerSpec {
    return this.make(sources, record, '', true)
  }

  private make(sources: Sources, record: ContainerRecord, token: string, withFiles: boolean): ContainerSpec {
    const { config } = sources
    return {
      instance: record.instance,
      suffixName: record.suffix_name,
      config: this.options.placed(sources),
      environment: {
        ...this.options.connectorEnvironment,
        AICLUSTER_INSTANCE: record.instance,
        AICLUSTER_CONTAINER: record.suffix_name,
        AICLUSTER_BOARD: record.board,
        AICLUSTER_SUB_NAME: config.name,
        AICLUSTER_MODULES: JSON.stringify(config.inference_modules ?? []),
      },
      token,
      filesFolder: withFiles ? this.options.filesFolderOf(config.name) : undefined,
    }
  }
}
