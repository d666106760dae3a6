import type { TestUserConfig, ViteUserConfig } from 'vitest/config'

/** Every package's vitest configuration; `test` overrides single settings, `moreReporters` are modules, by their paths. */
export declare function preset(test?: TestUserConfig, moreReporters?: string[]): ViteUserConfig
