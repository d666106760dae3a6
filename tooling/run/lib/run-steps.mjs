import { CommandError } from './run-command.mjs'
import { say, seconds, title } from './say.mjs'

/** Runs every step that can run, also after one has failed. Resolves to what became of each. */
export async function runSteps(steps, env) {
  const outcomes = []
  for (const [index, step] of steps.entries()) {
    title(`${index + 1}/${steps.length} ${step.name}: ${step.what}`)
    const blocker = outcomes.find(({ name, state }) => name === step.needs && state !== 'passed')
    const outcome = blocker ? { state: 'not run', time: '', why: `needs ${blocker.name}` } : await runStep(step, env)
    say(`${step.name}: ${outcome.state}${outcome.time && ` in ${outcome.time}`}${outcome.why && ` (${outcome.why})`}`)
    outcomes.push({ name: step.name, what: step.what, ...outcome })
  }
  return outcomes
}

async function runStep(step, env) {
  const started = Date.now()
  try {
    await step.run(env)
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
