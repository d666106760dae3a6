// npm test [-- --only unit,worlds]: installs, then runs every check and every test, and sums up.
import './lib/node-version.mjs'
import { join } from 'node:path'
import { failureLines } from './lib/failed-tests.mjs'
import { install } from './lib/install.mjs'
import { main } from './lib/main.mjs'
import { root, workspaceFolders } from './lib/repository.mjs'
import { CommandError } from './lib/run-command.mjs'
import { printOutcomes, runSteps } from './lib/run-steps.mjs'
import { say } from './lib/say.mjs'
import { chooseSteps, steps } from './lib/steps.mjs'
import { forgetResults, readResults } from './lib/test-results.mjs'

const HELP = `npm test                       every check and every test
npm test -- --only unit,worlds only these steps (and the build, if they need it)

Steps, in order:
${steps.map(({ name, what }) => `  ${name.padEnd(10)}${what}`).join('\n')}

The summary names what failed. The last line counts tests: "N passed, N failed, N skipped". The exit code is 0 only if every step passed.`

await main(async (args) => {
  if (args.includes('--help')) return void console.log(HELP)
  const chosen = chooseSteps(readOnly(args))
  const folders = workspaceFolders().filter((folder) => chosen.some((step) => step.tests?.(folder)))
  const paths = folders.map((folder) => join(root, folder))
  const env = await install()

  forgetResults(paths)
  const outcomes = await runSteps(chosen, env)
  const results = readResults(paths)
  printOutcomes(outcomes)

  const complaints = folders.length === 0 ? [] : complain(results)
  for (const reason of results.reasons) say(`skipped    ${reason}`)
  for (const line of failureLines(results.failures)) say(line)
  for (const complaint of complaints) say(complaint)
  // CI counts the tests by this line, so it is the last one; nothing is counted where no test was asked for.
  if (folders.length > 0) console.log(`${results.passed} passed, ${results.failed} failed, ${results.skipped} skipped`)
  const good = outcomes.every(({ state }) => state === 'passed') && results.failed === 0 && complaints.length === 0
  return good ? 0 : 1
})

function readOnly(args) {
  const [option, names, ...rest] = args.flatMap((arg) => (arg.startsWith('--only=') ? ['--only', arg.slice('--only='.length)] : [arg]))
  if (option === undefined) return []
  if (option === '--only' && names !== undefined && rest.length === 0) return names.split(',')
  throw new CommandError(`npm test does not understand "${args.join(' ')}".\n\n${HELP}`)
}

function complain({ passed, failed, unexplained }) {
  const complaints = unexplained.map(
    (name) => `FAILED     skipped without a reason: "${name}". Skip with describeUnless of @aicluster/vitest-preset/skip, which says why.`,
  )
  return passed + failed === 0 ? [...complaints, 'FAILED     no test ran.'] : complaints
}
