import { clusterError } from '@aicluster/protocol'
import { type After, afterMs, within } from '../within'

/** How long a command waits for work of the manager's own, in ms. */
const OWN_WORK_LIMIT_MS = 4_000

type Names = readonly string[]

/** Work of the manager's own. */
interface OwnWork {
  done: Promise<void>
  /** What a command is told that has waited for so long, in ms. */
  late: (ms: number) => Error
}

/**
 * One lock per inference name: a second command that changes the same name is refused, reads never lock.
 * Names that differ by case alone are one: they may not be registered side by side.
 */
export class NameLocks {
  private readonly held = new Set<string>()
  /** Held by the manager itself: commands wait for it. */
  private readonly briefly = new Map<string, OwnWork>()
  private readonly released = new Set<() => void>()

  constructor(private readonly after: After = afterMs) {}

  /**
   * Run `action` while holding the names. The manager's own work is waited for, unless the signal is aborted.
   * @param choose - the names, or what tells them from what is registered at the moment in which they are taken: to wait for the
   *   manager's own work takes its time, and what was read before that may have been replaced. `action` reads it anew, at once
   * @throws ApiConflictError (309) naming those that another command holds; what the manager's own work says after 4 s; the signal's
   *   reason; nothing was run
   */
  async with<T>(choose: Names | (() => Names), action: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const chosen = typeof choose === 'function' ? choose : () => choose
    const names = chosen()
    const release = this.ownWork(names) ? await this.takeAfterOurs(chosen, signal) : this.takeFree(names)
    try {
      return await action()
    } finally {
      release()
    }
  }

  /**
   * Run work of the manager's own while holding the names, after other such work; commands then wait for it. It never fails.
   * @param late - what a command is told that has waited for it long enough
   * @returns whether it was run: not where a command holds one of the names
   */
  async tryOwn(names: Names, late: (ms: number) => Error, action: () => Promise<void>): Promise<boolean> {
    for (let own = this.ownWork(names); own; own = this.ownWork(names)) await own.done
    if (this.anyHeld(names)) return false
    const release = this.take(names)
    const done = action().finally(release)
    for (const name of names) this.briefly.set(name.toLowerCase(), { done, late })
    await done
    return true
  }

  /** Resolves once nobody holds any of the names. */
  async whenFree(names: Names): Promise<void> {
    while (this.anyHeld(names)) await new Promise<void>((resolve) => this.released.add(resolve))
  }

  private anyHeld(names: Names): boolean {
    return names.some((name) => this.held.has(name.toLowerCase()))
  }

  private ownWork(names: Names): OwnWork | undefined {
    return names.map((name) => this.briefly.get(name.toLowerCase())).find((work) => work !== undefined)
  }

  /** In the turn in which ours has ended: the next board may be waiting for them. The time counts for all boards together. */
  private async takeAfterOurs(chosen: () => Names, signal: AbortSignal | undefined): Promise<() => void> {
    let late: OwnWork['late'] = () => new Error('work of our own was waited for')
    let givenUp = false
    const takeThen = async () => {
      for (let own = this.ownWork(chosen()); own; own = this.ownWork(chosen())) {
        late = own.late
        await own.done
        if (givenUp) return () => {}
      }
      return this.takeFree(chosen())
    }
    const taking = takeThen()
    try {
      return await within(taking, { ms: OWN_WORK_LIMIT_MS, late: () => late(OWN_WORK_LIMIT_MS), signal, after: this.after })
    } catch (error) {
      givenUp = true
      // It may have taken them in this very moment.
      taking.then(
        (release) => release(),
        () => {},
      )
      throw error
    }
  }

  /** @throws ApiConflictError (309) */
  private takeFree(names: Names): () => void {
    const taken = [...new Set(names)].filter((name) => this.held.has(name.toLowerCase()))
    if (taken.length > 0) throw clusterError('apiConflict', { args: [taken.join(', ')], details: { names: taken } })
    return this.take(names)
  }

  /** @returns what gives them back */
  private take(names: Names): () => void {
    const wanted = new Set(names.map((name) => name.toLowerCase()))
    for (const name of wanted) this.held.add(name)
    return () => {
      for (const name of wanted) {
        this.held.delete(name)
        this.briefly.delete(name)
      }
      const waiting = [...this.released]
      this.released.clear()
      for (const resolve of waiting) resolve()
    }
  }
}
