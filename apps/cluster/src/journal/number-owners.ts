import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { LOCAL_PRINCIPAL } from '../keys/principal'

/** Blocks whose owner is remembered: far more than applications that outlive a manager have. */
const REMEMBERED = 10_000

/**
 * Who got which block of request numbers, through restarts of the manager: what an application asks for after one must have been its own.
 *
 * One line a block, written before the block is given out; the page cache outlives a manager that is killed. Blocks that are not in the
 * file are of this machine's user, whose programs write nothing.
 */
export class NumberOwners {
  /** Owner by the block's first number, oldest first. */
  private readonly owners = new Map<number, string>()

  private constructor(private readonly path: string) {}

  /** Read what earlier managers have given out. */
  static open(path: string): NumberOwners {
    const owners = new NumberOwners(path)
    const lines = readLines(path)
    for (const line of lines) {
      // A line that was cut off by a kill was never given out.
      const match = /^(\d+) (\S+)$/.exec(line)
      if (match) owners.owners.set(Number(match[1]), match[2] as string)
    }
    if (lines.length > REMEMBERED) owners.shorten()
    return owners
  }

  /** @throws the system's error: then the block must not be given out */
  given(first: number, owner: string): void {
    if (owner === LOCAL_PRINCIPAL.id) return
    appendFileSync(this.path, `${first} ${owner}\n`, { mode: 0o600 })
    this.owners.set(first, owner)
    if (this.owners.size > 2 * REMEMBERED) this.shorten()
  }

  /** @param blockSize - numbers of one block; blocks begin at its multiples */
  ownerOf(number: number, blockSize: number): string {
    return this.owners.get(number - (number % blockSize)) ?? LOCAL_PRINCIPAL.id
  }

  private shorten(): void {
    const excess = this.owners.size - REMEMBERED
    for (const first of [...this.owners.keys()].slice(0, Math.max(excess, 0))) this.owners.delete(first)
    const temporary = `${this.path}.new`
    writeFileSync(temporary, [...this.owners].map(([first, owner]) => `${first} ${owner}\n`).join(''), { mode: 0o600 })
    renameSync(temporary, this.path)
  }
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
