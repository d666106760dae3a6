import type { TestSequencerConstructor } from 'vitest/node'

/** Paths of test files from the folder of the configuration. */
export interface FileOrder {
  /** Come first, so that none of them is left alone at the end. */
  longest: readonly string[]
  /** Come after a third of the others: what is as long, but leaves little to whatever runs beside. */
  midway: readonly string[]
}

/**
 * For `sequence.sequencer`; the other files keep vitest's order.
 *
 * @param folder - of the configuration
 * @throws Error when a named file is not there
 */
export declare function longestFirst(folder: string, order: FileOrder): TestSequencerConstructor
