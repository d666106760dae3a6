import type { CoprocessorView } from '@aicluster/protocol'

/**
 * A board.
 *
 * @see SDK API reference, chapter 7, table 3; `driver` is ours
 */
export class CoprocessorHandler {
  readonly name: string
  readonly ip: string
  /** How the cluster reaches it: `local` is this machine. */
  readonly driver: 'local' | 'ssh'

  /** @internal */
  constructor(view: CoprocessorView) {
    this.name = view.name
    this.ip = view.ip
    this.driver = view.driver
  }
}
