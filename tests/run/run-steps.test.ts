import { EventEmitter, once } from 'node:events'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

interface Output {
  output: string
  prefix?: string
}
interface Step {
  name: string
  what: string
  needs?: string
  beside?: string
  run(env: object, output: Output): Promise<unknown>
}
type Module = { runSteps(steps: Step[], env: object): Promise<{ name: string; state: string; why: string }[]> }
type Command = {
  CommandError: new (message: string) => Error
  runCommand(command: string, args: string[], options: object): Promise<string>
}

// Plain JavaScript without types: these programs run before anything is installed.
const libOf = (name: string) => import(new URL(`../../tooling/run/lib/${name}.mjs`, import.meta.url).href)
const { runSteps } = (await libOf('run-steps')) as Module
const { CommandError, runCommand } = (await libOf('run-command')) as Command

beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
})
afterEach(() => {
  vi.restoreAllMocks()
})

it('a step that goes beside another begins with it; what comes next waits for both', async () => {
  const seen: string[] = []
  const neighbour = new EventEmitter()
  const one = async () => {
    await once(neighbour, 'ended')
    seen.push('one')
  }
  const beside = async () => {
    seen.push('beside')
    neighbour.emit('ended')
  }
  const outcomes = await runSteps(
    [
      { name: 'one', what: '', run: one },
      { name: 'beside', what: '', beside: 'one', run: beside },
      { name: 'two', what: '', run: async () => seen.push('two') },
    ],
    {},
  )
  expect(seen).toEqual(['beside', 'one', 'two'])
  expect(outcomes.map(({ name, state }) => `${name} ${state}`)).toEqual(['one passed', 'beside passed', 'two passed'])
})

it('a failure beside does not stop its neighbour, and is told; what needs a step that failed is not run', async () => {
  const fail = async () => Promise.reject(new CommandError('it broke'))
  const pass = vi.fn(async () => {})
  const outcomes = await runSteps(
    [
      { name: 'build', what: '', run: fail },
      { name: 'one', what: '', run: pass },
      { name: 'beside', what: '', beside: 'one', run: fail },
      { name: 'built', what: '', beside: 'one', needs: 'build', run: pass },
    ],
    {},
  )
  expect(outcomes.map(({ name, state, why }) => [name, state, why])).toEqual([
    ['build', 'FAILED', 'it broke'],
    ['one', 'passed', ''],
    ['beside', 'FAILED', 'it broke'],
    ['built', 'not run', 'needs build'],
  ])
  expect(pass).toHaveBeenCalledTimes(1)
})

it('each line of steps side by side tells whose it is; a step alone has the terminal', async () => {
  const outputs: Output[] = []
  const note = async (_env: object, output: Output) => outputs.push(output)
  await runSteps(
    [
      { name: 'alone', what: '', run: note },
      { name: 'one', what: '', run: note },
      { name: 'two', what: '', beside: 'one', run: note },
    ],
    {},
  )
  expect(outputs).toEqual([{ output: 'own' }, { output: 'lines', prefix: 'one | ' }, { output: 'lines', prefix: 'two | ' }])

  const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  await runCommand(process.execPath, ['-e', "process.stdout.write('a\\nlast')"], { ...outputs[1] })
  expect(written.mock.calls.map(([text]) => text)).toEqual(['one | a\n', 'one | last\n'])
})
