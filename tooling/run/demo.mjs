// npm run demo [-- --json --requests N]: installs and builds what the demo needs, then runs it.
import './lib/node-version.mjs'
import { install } from './lib/install.mjs'
import { main } from './lib/main.mjs'
import { runProgram } from './lib/run-program.mjs'
import { buildQuietly } from './lib/turbo.mjs'

await main(async (args) => {
  const env = await install()
  await buildQuietly('@aicluster/demo', env)
  return runProgram('apps/demo/dist/host.js', args)
})
