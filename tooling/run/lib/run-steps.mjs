import { CommandError } from './run-command.mjs'
import { say, seconds, title } from './say.mjs'

/** Runs every step that can run, also after one has failed. Resolves to what became of each. */
export async function runSteps(steps, env) {
  const outcomes = []
  for (const together of sideBySide(steps)) {
    const numbers = together.map((step) => `${steps.indexOf(step) + 1}/${steps.length}`)
    title(together.map(({ name, what }, i) => `${numbers[i]} ${name}: ${what}`).join(', and beside it '))
    outcomes.push(...(await Promise.all(together.map((step) => outcomeOf(step, outcomes, env, together.length > 1)))))
  }
  return outcomes
}

/** Steps that come one after another; those of an inner array run at the same time. */
function sideBySide(steps) {
  const groups = []
  for (const step of steps) {
    const group = groups.find(([first]) => first.name === step.beside)
    if (group) group.push(step)
    else groups.push([step])
  }
  return groups
}

async function outcomeOf(step, before, env, hasNeighbour) {
  const blocker = before.find(({ name, state }) => name === step.needs && state !== 'passed')
  const output = hasNeighbour ? { output: 'lines', prefix: `${step.name} | ` } : { output: 'own' }
  const outcome = blocker ? { state: 'not run', time: '', why: `needs ${blocker.name}` } : await runStep(step, env, output)
  say(`${step.name}: ${outcome.state}${outcome.time && ` in ${outcome.time}`}${outcome.why && ` (${outcome.why})`}`)
  return { name: step.name, what: step.what, ...outcome }
}

async function runStep(step, env, output) {
  const started = Date.now()
  try {
    await step.run(env, output)
    return { state: 'passed', time: seconds(started), why: '' }
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    return { state: 'FAILED', time: seconds(started), why: error.message }
  }
}

/** One line a step. */
export function printOutcomes(outcomes) {
  title('summary')
  for (const { name, state, time, why } of outcomes) {
    say(`${name.padEnd(11)}${state.padEnd(9)}${time.padStart(8)}${state === 'not run' ? why : ''}`)
  }
}
