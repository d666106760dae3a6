// npm run smoke:arm64: installs and builds what is needed, then runs what is published and built for arm64 under an emulator.
import './lib/node-version.mjs'
import { join } from 'node:path'
import { install } from './lib/install.mjs'
import { main } from './lib/main.mjs'
import { bin, root } from './lib/repository.mjs'
import { runCommand } from './lib/run-command.mjs'
import { buildQuietly } from './lib/turbo.mjs'

await main(async (args) => {
  const env = await install()
  await buildQuietly('@aicluster/tests', env)
  const words = ['run', '--config', 'vitest.arm64.config.ts', '--reporter=verbose', ...args]
  await runCommand(bin('vitest'), words, { cwd: join(root, 'tests'), env, output: 'own' })
})
