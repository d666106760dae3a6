// npm run chaos [-- --minutes M --seed S --json]: installs and builds what the chaos run needs, then runs it.
import './lib/node-version.mjs'
import { install } from './lib/install.mjs'
import { main } from './lib/main.mjs'
import { runProgram } from './lib/run-program.mjs'
import { buildQuietly } from './lib/turbo.mjs'

await main(async (args) => {
  const env = await install()
  await buildQuietly('@aicluster/chaos', env)
  return runProgram('tooling/chaos/dist/main.js', args)
})
