import type { ContainerHandlerView } from '@aicluster/protocol'
import type { CopyEntry, InferenceModulesConfig } from '../config/container-config'
import { fromWire } from '../config/wire-names'

/**
 * A registered container.
 *
 * @see SDK API reference, chapter 7, table 5
 */
export class ContainerHandler {
  /** The inference name. */
  readonly name!: string
  /** The container's own name, unique in the cluster. */
  readonly suffixName!: string
  readonly imagePath!: string | undefined
  readonly imageFile!: string | undefined
  readonly imageTag!: string | undefined
  readonly runCommand!: string | string[] | undefined
  readonly runOption!: string | undefined
  /** The board it is on. */
  readonly allocatedCoprocessor!: string
  /** Its credits: requests it may hold at once. */
  readonly maxSendNum!: number
  /** Every board on which the inference is registered. */
  readonly hostLocation!: string[]
  readonly implementationType!: 'docker' | 'nvidia' | 'Loop' | 'other'
  readonly input!: 'Main' | undefined
  readonly output!: 'Main' | undefined
  /** ms. */
  readonly sendTimeout!: number | 'never'
  /** ms. */
  readonly waitQueueTimeout!: number | 'never'
  readonly scriptPath!: string | undefined
  readonly inferenceModules!: InferenceModulesConfig | InferenceModulesConfig[] | undefined
  readonly copy!: CopyEntry | CopyEntry[] | undefined

  /** @internal */
  constructor(view: ContainerHandlerView) {
    Object.assign(this, withUndefined(fromWire(view)))
  }
}

/** What the wire calls nil is `undefined` here. */
export const withUndefined = (value: unknown): object =>
  Object.fromEntries(Object.entries(value as object).map(([key, inner]) => [key, inner === null ? undefined : inner]))
