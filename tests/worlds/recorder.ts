import { eventually } from './eventually'

/** A callback that remembers its calls. */
export class Recorder<Arguments extends unknown[]> {
  readonly calls: Arguments[] = []
  readonly callback = (...args: Arguments): void => {
    this.calls.push(args)
  }

  /** The arguments of its n-th call, as soon as that has happened. */
  async call(n = 1): Promise<Arguments> {
    await eventually(`call ${n} of a callback`, () => this.calls.length >= n)
    return this.calls[n - 1] as Arguments
  }
}
