import type { DistributionView } from '@aicluster/protocol'

/**
 * Whether a container gets requests.
 *
 * @see SDK API reference, chapter 7, table 8
 */
export class ContainerDistributionStatus {
  /** The inference name. */
  readonly name: string
  /** The container's own name, unique in the cluster. */
  readonly suffixName: string
  /** `off` only when it gets requests of none of the names it serves. */
  readonly distribution: 'on' | 'off'

  private constructor(view: DistributionView) {
    this.name = view.name
    this.suffixName = view.suffix_name
    this.distribution = view.distribution
  }

  /** @internal */
  static from(view: DistributionView): ContainerDistributionStatus {
    return new ContainerDistributionStatus(view)
  }
}
