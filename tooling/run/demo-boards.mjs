// npm run demo:boards [-- --json --requests N]: installs and builds what it needs, then runs the demo on boards that this machine plays.
import './lib/node-version.mjs'
import { install } from './lib/install.mjs'
import { main } from './lib/main.mjs'
import { runProgram } from './lib/run-program.mjs'
import { buildQuietly } from './lib/turbo.mjs'

await main(async (args) => {
  const env = await install()
  await buildQuietly('@aicluster/demo', env)
  await buildQuietly('@aicluster/rig', env)
  return runProgram('tooling/rig/dist/demo-boards.js', args)
})
