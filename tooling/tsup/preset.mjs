import { defineConfig } from 'tsup'

const common = {
  target: 'node20',
  platform: 'node',
  sourcemap: true,
  clean: true,
  splitting: true,
  treeshake: true,
  // The resolver must see the built siblings as packages, never inline their source.
  esbuildOptions(options) {
    options.conditions = ['import', 'default']
  },
}

/** A published library: ESM and CommonJS, with types for both. */
export const library = (entry, overrides = {}) => defineConfig({ ...common, entry, format: ['esm', 'cjs'], dts: true, ...overrides })

/** A program that is only ever started, never imported: ESM alone. */
export const program = (entry, overrides = {}) => defineConfig({ ...common, entry, format: ['esm'], dts: false, ...overrides })
