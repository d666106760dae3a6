import { clusterError } from '@aicluster/protocol'

/**
 * One lock per inference name: a second command that changes the same name is refused, reads never lock.
 * Names that differ by case alone are one: they may not be registered side by side.
 */
export class NameLocks {
  private readonly held = new Set<string>()

  /**
   * Run `action` while holding the names.
   * @throws ApiConflictError (309) naming those that another command holds; nothing was run
   */
  async with<T>(names: readonly string[], action: () => Promise<T>): Promise<T> {
    const taken = [...new Set(names)].filter((name) => this.held.has(name.toLowerCase()))
    if (taken.length > 0) throw clusterError('apiConflict', { args: [taken.join(', ')], details: { names: taken } })
    const wanted = new Set(names.map((name) => name.toLowerCase()))
    for (const name of wanted) this.held.add(name)
    try {
      return await action()
    } finally {
      for (const name of wanted) this.held.delete(name)
    }
  }
}
