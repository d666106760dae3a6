import { join } from 'node:path'
import { bin, root } from './repository.mjs'
import { CommandError, runCommand } from './run-command.mjs'
import { turbo } from './turbo.mjs'

const MACHINE_CORES = 2
const own = { output: 'own' }
const errorsOnly = ['--output-logs=errors-only', '--continue=always', `--concurrency=${MACHINE_CORES}`]

/**
 * What `npm test` promises, in order. A step that `needs` another is not run when that one failed.
 * `tests` are the folders whose vitest results count; unit tests run one package at a time, each on all cores.
 */
export const steps = [
  { name: 'types', what: 'type check', run: (env) => turbo(['typecheck', ...errorsOnly], env, own) },
  { name: 'lint', what: 'lint and format', run: (env) => runCommand(bin('biome'), ['check', '--error-on-warnings', '.'], { env, ...own }) },
  {
    name: 'layers',
    what: 'layer rules',
    run: (env) =>
      runCommand(bin('depcruise'), ['--config', '.dependency-cruiser.cjs', 'packages', 'apps', 'tests', 'tooling'], { env, ...own }),
  },
  { name: 'unused', what: 'unused files, exports, dependencies', run: (env) => runCommand(bin('knip'), [], { env, ...own }) },
  { name: 'build', what: 'build', run: (env) => turbo(['build', ...errorsOnly], env, own) },
  { name: 'packages', what: 'package checks', needs: 'build', run: (env) => turbo(['check:package', ...errorsOnly], env, own) },
  {
    name: 'unit',
    what: 'unit tests',
    tests: (folder) => folder !== 'tests',
    run: (env) =>
      turbo(
        ['test', '--filter=!@aicluster/tests', '--concurrency=1', '--log-prefix=none', '--continue=always', '--env-mode=loose'],
        env,
        own,
      ),
  },
  {
    name: 'worlds',
    what: 'world tests',
    needs: 'build',
    tests: (folder) => folder === 'tests',
    run: (env) => runCommand(bin('vitest'), ['run'], { cwd: join(root, 'tests'), env, ...own }),
  },
  {
    name: 'rig',
    what: 'tests on boards (root)',
    needs: 'build',
    tests: (folder) => folder === 'tests',
    run: (env) => runCommand(bin('vitest'), ['run', '--config', 'vitest.rig.config.ts'], { cwd: join(root, 'tests'), env, ...own }),
  },
]

/** The steps called for by name, with what they need; all of them when no name is given. */
export function chooseSteps(names) {
  const unknown = names.filter((name) => !steps.some((step) => step.name === name))
  if (unknown.length > 0)
    throw new CommandError(`--only: no step is called ${unknown.join(', ')}; there are ${steps.map(({ name }) => name).join(', ')}.`)
  if (names.length === 0) return steps
  const needed = steps.filter(({ name }) => names.includes(name)).map(({ needs }) => needs)
  return steps.filter(({ name }) => names.includes(name) || needed.includes(name))
}
