import { writeFileSync } from 'node:fs'
import { eventually } from '../../worlds/eventually'
import type { Targets } from '../api-calls'
import { Stage } from './stage'

const TWO_BOARDS = [{ name: 'board1' }, { name: 'board2' }]

/** The cluster of most rows. */
export const main = new Stage()

/** A cluster that was there: its manager has been killed. */
const lost = new Stage()

/** The application's view of a cluster whose manager is gone, and knows that it is. */
export const lostTargets = (): Promise<Targets> =>
  lost.once('the loss', async () => {
    const [world, targets] = [await lost.world(), await lost.targets()]
    await world.endManager('SIGKILL')
    await eventually('the application to notice', () => !targets.cluster.isConnected)
    return targets
  })

/** A cluster whose operator has taken board1 out of the configuration while an application held its handlers. */
const shrunk = new Stage({ config: { boards: TWO_BOARDS } })

/** Handlers of a board that is none any more, and of a container on it. */
export const handlersOfNoBoard = (): Promise<Targets> =>
  shrunk.once('the shrinking', async () => {
    const [world, targets] = [await shrunk.world(), await shrunk.targets()]
    await world.endManager('SIGKILL')
    writeFileSync(world.configFile, JSON.stringify({ listen: { transport: 'ipc' }, boards: TWO_BOARDS.slice(1) }))
    await world.startManager()
    await eventually('the application to be back', () => targets.cluster.isConnected)
    return targets
  })

/** A cluster whose operator has switched a command off. */
export const restricted = new Stage({ config: { disabled_commands: ['delete_queue'] } })

/** A cluster whose manager may be killed and started again. */
export const shaky = new Stage()

/** A cluster that listens on TCP, where applications have to show a token. */
export const guarded = new Stage({ transport: 'tcp' })

export const STAGES: readonly Stage[] = [main, lost, shrunk, restricted, shaky, guarded]
