const MOST_BYTES = 6_000

/** What a source publishes as its n-th: everybody can tell whether it is right. */
export function publicationOf(life: string, n: number): { life: string; n: number; data: Uint8Array } {
  const data = new Uint8Array((n * 37) % MOST_BYTES)
  for (let i = 0; i < data.length; i++) data[i] = n + i + life.length
  return { life, n, data }
}

/** What is wrong with the results of one source, as they come. */
export class PublicationCheck {
  private readonly last = new Map<string, number>()

  /** @returns undefined: nothing, neither in itself nor behind those before it in the same life of a container */
  add(result: unknown, metadata: Record<string, unknown>): string | undefined {
    const { life, n } = metadata as { life: string; n: number }
    const expected = publicationOf(life, n)
    const got = result as Partial<typeof expected> | null
    const same = got?.life === life && got.n === n && got.data instanceof Uint8Array && Buffer.compare(got.data, expected.data) === 0
    if (!same) return 'other content'
    const before = this.last.get(life) ?? -1
    if (n === before) return 'doubled'
    if (n < before) return 'overtaken'
    this.last.set(life, n)
    return undefined
  }
}
