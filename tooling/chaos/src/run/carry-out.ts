import { setTimeout as sleep } from 'node:timers/promises'
import type { ChaosAction, ChaosEvent } from '../schedule/chaos-event'
import type { ChaosWorld } from '../world/chaos-world'
import { containersOf, signal } from '../world/world-processes'
import type { FaultTally } from './fault-tally'

/** How long a container that was told to end may take until it is there again, in ms. */
const ROLLED_LIMIT_MS = 15_000
const ROLLED_POLL_MS = 100

/** Actions that must not overlap share a lane; in it they come one after another. */
const LANES: Record<ChaosAction['kind'], string> = {
  managerKilled: 'manager',
  managerStopped: 'manager',
  managerRestarted: 'manager',
  containerKilled: 'kills',
  containerStopped: 'stops',
  containersRolled: 'rolling',
  applicationKilled: 'crashing',
  applicationStopped: 'sleeping',
  handlerHung: 'hanging',
  inferenceCycled: 'loading',
  queueDeleted: 'operating',
  distributionStopped: 'operating',
  inferenceReloaded: 'operating',
  programStopped: 'operating',
  burst: 'burst',
  wireBroken: 'wire',
  wireMended: 'wire',
  // One board at a time is away: the others serve.
  boardCut: 'boards',
  boardOff: 'boards',
  engineRestarted: 'boards',
  linkSlow: 'links',
  linkLossy: 'links',
}

/**
 * Do everything in the schedule at its time, and wait until the last of it is done and undone: stopped processes go on, killed ones
 * are started again.
 * @throws Error when a manager or an application cannot be started again
 */
export async function carryOut(schedule: readonly ChaosEvent[], world: ChaosWorld, tally: FaultTally, ended: AbortSignal): Promise<void> {
  const startMs = performance.now()
  const lanes = new Map<string, ChaosEvent[]>()
  for (const event of schedule) {
    const lane = lanes.get(LANES[event.kind])
    if (lane) lane.push(event)
    else lanes.set(LANES[event.kind], [event])
  }
  const drive = async (events: ChaosEvent[]): Promise<void> => {
    for (const event of events) {
      await sleep(Math.max(0, startMs + event.atMs - performance.now()), undefined, { signal: ended })
      await act(event, world, tally)
    }
  }
  await Promise.all([...lanes.values()].map(drive))
}

async function act(action: ChaosAction, world: ChaosWorld, tally: FaultTally): Promise<void> {
  switch (action.kind) {
    case 'managerKilled':
      tally.add('managerKilled')
      await world.manager.kill()
      await sleep(action.startAfterMs)
      return world.manager.start()
    case 'managerRestarted':
      tally.add('managerRestarted')
      await world.manager.end('SIGTERM')
      await sleep(action.startAfterMs)
      return world.manager.start()
    case 'managerStopped':
      tally.add('managerStopped')
      return stopFor(world.manager.pause(), action.forMs)
    case 'containerKilled': {
      const container = chosen(containersOf(world.folder), action.pick)
      if (container && signal(container.pid, 'SIGKILL')) tally.add('containerKilled')
      return
    }
    case 'containerStopped': {
      const container = chosen(containersOf(world.folder), action.pick)
      if (!container || !signal(container.pid, 'SIGSTOP')) return
      tally.add('containerStopped')
      return stopFor(() => void signal(container.pid, 'SIGCONT'), action.forMs)
    }
    case 'containersRolled':
      return roll(world, action.pick, tally)
    case 'applicationKilled':
      tally.add('applicationKilled')
      await world.application('crashing').kill()
      await sleep(action.startAfterMs)
      return world.application('crashing').start()
    case 'applicationStopped':
      tally.add('applicationStopped')
      return stopFor(world.application('sleeping').pause(), action.forMs)
    case 'handlerHung':
      tally.add('handlerHung')
      return world.application('steady').tell({ tell: 'hang' })
    case 'inferenceCycled':
      tally.add('inferenceCycled')
      return world.application('loading').tell({ tell: 'cycle', requests: action.requests, forMs: action.forMs })
    case 'queueDeleted':
    case 'distributionStopped':
    case 'inferenceReloaded':
    case 'programStopped':
      return world.application('operating').tell({ tell: 'operate', operation: action })
    case 'burst':
      return world.application('steady').tell({ tell: 'burst', requests: action.requests })
    case 'wireBroken':
      return world.wire.set(action.rates)
    case 'wireMended':
      return world.wire.set({})
    case 'boardCut':
    case 'boardOff':
    case 'engineRestarted':
    case 'linkSlow':
    case 'linkLossy':
      return world.site.breakBoard?.(action, tally)
  }
}

async function stopFor(goOn: () => void, ms: number): Promise<void> {
  try {
    await sleep(ms)
  } finally {
    goOn()
  }
}

/** Tell one container of an inference after another to end; the next one once the one before runs again. */
async function roll(world: ChaosWorld, pick: number, tally: FaultTally): Promise<void> {
  const inference = chosen([...new Set(containersOf(world.folder).map((container) => container.inference))], pick)
  for (const { pid, container } of containersOf(world.folder).filter((candidate) => candidate.inference === inference)) {
    if (!signal(pid, 'SIGTERM')) continue
    tally.add('containerDrained')
    const isBack = () => containersOf(world.folder).some((now) => now.container === container && now.pid !== pid)
    for (const giveUpAtMs = performance.now() + ROLLED_LIMIT_MS; !isBack() && performance.now() < giveUpAtMs; ) await sleep(ROLLED_POLL_MS)
  }
}

const chosen = <Item>(items: readonly Item[], pick: number): Item | undefined => items[Math.floor(pick * items.length)]
