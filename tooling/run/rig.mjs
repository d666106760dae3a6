// npm run rig [-- up 3 | down | cut 2 | ...]: installs and builds what the rig needs, then does it. --help lists everything.
import './lib/node-version.mjs'
import { install } from './lib/install.mjs'
import { main } from './lib/main.mjs'
import { runProgram } from './lib/run-program.mjs'
import { buildQuietly } from './lib/turbo.mjs'

await main(async (args) => {
  const env = await install()
  await buildQuietly('@aicluster/rig', env)
  return runProgram('tooling/rig/dist/main.js', args)
})
