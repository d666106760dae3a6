// npm run bench:boards [-- options]: installs and builds what it needs, then measures boards that this machine plays.
import './lib/node-version.mjs'
import { install } from './lib/install.mjs'
import { main } from './lib/main.mjs'
import { runProgram } from './lib/run-program.mjs'
import { buildQuietly } from './lib/turbo.mjs'

await main(async (args) => {
  const env = await install()
  await buildQuietly('@aicluster/bench', env)
  return runProgram('tooling/bench/dist/boards-main.js', args)
})
