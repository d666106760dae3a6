// npm run conformance [-- -t NAME]: installs and builds what is needed, then proves the table of errors, row by row.
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
  // Its last line says how many rows are proven: no report of other tests follows it.
  const reporters = ['--reporter=default', '--reporter=./conformance/reporter.ts']
  await runCommand(bin('vitest'), ['run', 'conformance', ...reporters, ...args], { cwd: join(root, 'tests'), env, output: 'own' })
})
