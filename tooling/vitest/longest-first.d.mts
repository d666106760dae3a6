import type { TestSequencerConstructor } from 'vitest/node'

/**
 * For `sequence.sequencer`: begins with `longest`, so that none of them is left alone at the end; the others as vitest would have them.
 *
 * @param folder - of the configuration
 * @param longest - paths of test files from there
 * @throws Error when one of them is not there
 */
export declare function longestFirst(folder: string, longest: readonly string[]): TestSequencerConstructor
