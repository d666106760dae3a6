import type { Options } from 'tsup'

type Config = Options | Options[] | ((overrides: Options) => Options | Options[] | Promise<Options | Options[]>)

/** A published library: ESM and CommonJS, with types for both. */
export declare function library(entry: string[], overrides?: Options): Config
/** A program that is only ever started, never imported: ESM alone. */
export declare function program(entry: string[], overrides?: Options): Config
