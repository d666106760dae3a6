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
   * @throws ApiConflictError (309) naming those that another command holds; nothing was run
   */
  async with<T>(names: readonly string[], action: () => Promise<T>): Promise<T> {
    for (let own = this.ownWork(names); own; own = this.ownWork(names)) await own
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
