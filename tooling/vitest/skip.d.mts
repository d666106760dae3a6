/** A suite that is skipped when something is `missing` (said in words, with how to get it); undefined: nothing is. */
export declare function describeUnless(missing: string | undefined, name: string, body: () => void): void
