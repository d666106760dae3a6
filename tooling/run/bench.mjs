// npm run bench [-- options]: installs and builds what the benchmarks need, then runs them.
import './lib/node-version.mjs'
import { install } from './lib/install.mjs'
import { main } from './lib/main.mjs'
import { runProgram } from './lib/run-program.mjs'
import { buildQuietly } from './lib/turbo.mjs'

await main(async (args) => {
  const env = await install()
  await buildQuietly('@aicluster/bench', env)
  return runProgram('tooling/bench/dist/main.js', args)
})
