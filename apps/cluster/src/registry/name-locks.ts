import { clusterError } from '@aicluster/protocol'

/**
 * One lock per inference name: a second command that changes the same name is refused, reads never lock.
 * Names that differ by case alone are one: they may not be registered side by side.
 */
export class NameLocks {
  private readonly held = new Set<string>()
  /** Held by the manager itself: commands wait for it. */
  private readonly briefly = new Map<string, Promise<void>>()
  private readonly released = new Set<() => void>()

  /**
   * Run `action` while holding the names.
   * @param choose - the names, or what tells them from what is registered at the moment in which they are taken: to wait for the
   *   manager's own work takes its time, and what was read before that may have been replaced. `action` reads it anew, at once
   * @throws ApiConflictError (309) naming those that another command holds; nothing was run
   */
  async with<T>(choose: readonly string[] | (() => readonly string[]), action: () => Promise<T>): Promise<T> {
    const chosen = typeof choose === 'function' ? choose : () => choose
    let names = chosen()
    for (let own = this.ownWork(names); own; own = this.ownWork(names)) {
      await own
      names = chosen()
    }
    const taken = [...new Set(names)].filter((name) => this.held.has(name.toLowerCase()))
    if (taken.length > 0) throw clusterError('apiConflict', { args: [taken.join(', ')], details: { names: taken } })
    return this.hold(names, action)
  }

  /** Run work of the manager's own while holding the names, once no command holds them. Commands then wait for it. It never fails. */
  async patiently(names: readonly string[], action: () => Promise<void>): Promise<void> {
    while (names.some((name) => this.held.has(name.toLowerCase()))) await new Promise<void>((resolve) => this.released.add(resolve))
    const done = this.hold(names, action)
    for (const name of names) this.briefly.set(name.toLowerCase(), done)
    await done
  }

  private ownWork(names: readonly string[]): Promise<void> | undefined {
    return names.map((name) => this.briefly.get(name.toLowerCase())).find((work) => work !== undefined)
  }

  private async hold<T>(names: readonly string[], action: () => Promise<T>): Promise<T> {
    const wanted = new Set(names.map((name) => name.toLowerCase()))
    for (const name of wanted) this.held.add(name)
    try {
      return await action()
    } finally {
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
