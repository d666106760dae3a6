import type { GlobalOptions } from './global-options'
import type { Output } from './output/output'

/** What every command gets. */
export interface Context {
  options: GlobalOptions
  output: Output
  env: NodeJS.ProcessEnv
}

/** One command: what it does, and what the process ends with (0 when it says nothing). */
export type Action<Arguments extends unknown[]> = (context: Context, ...args: Arguments) => Promise<number | undefined>
