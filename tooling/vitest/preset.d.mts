import type { TestUserConfig, ViteUserConfig } from 'vitest/config'

/** Every package's vitest configuration; `test` overrides single settings. */
export declare function preset(test?: TestUserConfig): ViteUserConfig
