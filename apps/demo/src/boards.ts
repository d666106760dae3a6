/**
 * The demo on boards that are reached over SSH: in containers, with a board that is cut off in the middle.
 * Started by `npm run demo:boards`, which has the boards and pulls the cable.
 */

import { readPlan } from './boards-plan'
import { Cable } from './cable'
import { readDigitsOnBoards } from './read-digits-on-boards'
import { runDemo } from './run-demo'

const plan = readPlan()
await runDemo({
  command: 'demo:boards',
  starting: `${plan.cluster.boards.length} boards over SSH`,
  config: { ...plan.cluster },
  work: (manager, options, signal) => readDigitsOnBoards(manager, options, { plan, cable: new Cable(plan.cutBoard), signal }),
})
