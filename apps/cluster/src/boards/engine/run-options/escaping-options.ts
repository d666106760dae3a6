import { ALIASES, RUN_OPTIONS } from './option-table'

const aliasesOf = (name: string): string[] => Object.keys(ALIASES).filter((alias) => ALIASES[alias] === name)

/** Every spelling of the options that reach beyond a container, or can: what a board's `allowed_run_options` may hold. */
export const ESCAPING_OPTIONS: readonly string[] = Object.entries(RUN_OPTIONS).flatMap(([name, { short, escapes }]) =>
  escapes === undefined ? [] : [name, ...aliasesOf(name)].map((long) => `--${long}`).concat(short ? [`-${short}`] : []),
)
