import { describe } from 'vitest'

/**
 * A suite that needs something which this machine may lack. `missing` says what is missing and how to get it;
 * undefined means nothing is. The reason stands in the title, where `npm test` finds it for its summary.
 */
export const describeUnless = (missing, name, body) =>
  missing === undefined ? describe(name, body) : describe.skip(`${name} (skipped: ${missing})`, body)
