import { clusterError } from '@aicluster/protocol'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import type { Board, BoardState, IsKnown } from '../boards/board'
import type { ContainerRecord, InferenceRecord } from '../registry/inference-record'
import { NameLocks } from '../registry/name-locks'
import type { WatchedPlane } from './board-in-line'
import { BoardWatch } from './board-watch'
import { Boards } from './boards'
import { ManualTimers } from './test-timers'

const AT = '2026-01-01T00:00:00.000Z'

function recordOf(name: string, board = 'b', more: Partial<ContainerRecord> = {}, restart?: 'never'): InferenceRecord {
  const suffix_name = `${name}-${board}`
  const container = { instance: suffix_name, suffix_name, board, token_sha256: '', distribution_off: [], created: AT, stopped: false }
  const config = { name, implementation_type: 'other' as const, ...(restart ? { restart } : {}) }
  return { version: 1, config, boards: [board], containers: [{ ...container, ...more }] } as InferenceRecord
}

/** A board that answers, unless a test says otherwise. */
class FakeBoard {
  onState: Board['onState']
  state: BoardState = { state: 'up', since: AT }
  reach: () => Promise<void> = async () => {}
  /** What it has at the sweeps, and what it was told of it. */
  sweeps: boolean[] = []
  constructor(readonly name = 'b') {}
  open(): void {}
  async close(): Promise<void> {}
  async sweep(isKnown: IsKnown): Promise<void> {
    this.sweeps.push(isKnown({ instance: 'stranger', suffixName: 'stranger' }))
  }
  turn(state: 'up' | 'down'): void {
    this.state = state === 'up' ? { state, since: AT } : { state, since: AT, reason: 'it is gone' }
    this.onState?.(this.state)
  }
}

/** A manager with these inferences, whose containers run on their boards unless a test says otherwise. */
function world(...records: InferenceRecord[]) {
  const timers = new ManualTimers()
  const board = new FakeBoard()
  const registered = new Map(records.map((record) => [record.config.name, record]))
  const seen: string[] = []
  /** By instance: what it takes to see, or start, a container. */
  const adoptions = new Map<string, () => Promise<boolean>>()
  const starts = new Map<string, () => Promise<void>>()
  const objects = new Set<string>()
  const plane: WatchedPlane & { boards: Boards } = {
    boards: new Boards([board as unknown as Board]),
    locks: new NameLocks(timers.after),
    unreadable: [],
    registry: {
      all: () => [...registered.values()],
      get: (name) => registered.get(name),
      set: async (record) => void registered.set(record.config.name, record),
    },
    fleet: {
      get known() {
        return [...objects].map((instance) => ({ instance, suffixName: instance }))
      },
      get: (instance) => (objects.has(instance) ? ({} as never) : undefined),
      async adopt(_sources, { instance }) {
        const runs = (await adoptions.get(instance)?.()) ?? true
        if (runs) seen.push(`adopt ${instance}`)
        if (runs) objects.add(instance)
        return runs
      },
      async restart(_sources, container) {
        seen.push(`start ${container.instance}`)
        await starts.get(container.instance)?.()
        objects.add(container.instance)
        return { ...container, token_sha256: 'new' }
      },
      async rest(_sources, { instance }) {
        seen.push(`rest ${instance}`)
        objects.add(instance)
      },
      async expectAgain() {},
      onBoardDown() {},
    },
    options: { config: { boards: [] } as never, dataPlane: { call: async () => {} } as never, log: pino({ level: 'silent' }) },
  }
  const watch = new BoardWatch(plane, timers.after)
  const begin = () => watch.begin(board as unknown as Board)
  const reach = (signal?: AbortSignal) => watch.reach([board as unknown as Board], signal)
  return { watch, board, timers, plane, seen, adoptions, starts, objects, registered, begin, reach }
}

const gone = async () => false
const never = () => new Promise<never>(() => {})
/** Whatever follows without a timer has happened. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve))

describe('a board that comes up', () => {
  it('has what runs taken over, what does not run started, what was stopped left so, and the rest swept away', async () => {
    const { board, seen, adoptions, registered, timers, begin } = world(
      ...[recordOf('runs'), recordOf('ended'), recordOf('elsewhere', 'c'), recordOf('stopped', 'b', { stopped: true })],
    )
    adoptions.set('ended-b', gone)

    await begin()

    expect(seen.sort()).toEqual(['adopt runs-b', 'rest stopped-b', 'start ended-b'])
    expect(registered.get('ended')?.containers).toMatchObject([{ token_sha256: 'new' }])
    expect(board.sweeps).toEqual([false])
    expect(timers.waiting).toEqual([])
  })

  it('has what cannot be started yet tried again; meanwhile the others run, it is swept, and commands go on', async () => {
    const { board, seen, adoptions, starts, objects, timers, begin, reach } = world(recordOf('runs'), recordOf('broken'))
    adoptions.set('broken-b', gone)
    starts.set('broken-b', () => Promise.reject(clusterError('containerStart', { detail: 'no GPU driver yet' })))

    await begin()
    await reach()

    expect(seen.sort()).toEqual(['adopt runs-b', 'rest broken-b', 'start broken-b'])
    expect([...objects].sort()).toEqual(['broken-b', 'runs-b'])
    expect(board.sweeps).toHaveLength(1)
    expect(timers.waiting).toEqual([2_000])

    starts.clear()
    seen.length = 0
    timers.fire()
    await settled()
    expect(seen).toEqual(['start broken-b'])
    expect(timers.waiting).toEqual([])
  })

  it('does not keep a manager from starting that hangs', async () => {
    const { adoptions, timers, begin } = world(recordOf('x'))
    adoptions.set('x-b', never)

    const begun = begin()
    await settled()
    timers.fire(4_000)

    await begun
  })

  it('that has gone again before it was in line is looked at once it is back', async () => {
    const { board, adoptions, seen, timers, begin } = world(recordOf('x'))
    adoptions.set('x-b', () => Promise.reject(clusterError('ssh', { detail: 'board "b": gone' })))
    const begun = begin()
    board.turn('down')
    await begun
    expect(timers.waiting).toEqual([])

    adoptions.clear()
    board.turn('up')
    await settled()

    expect(seen).toEqual(['adopt x-b'])
  })

  it('is not waited for while a command holds something there; that is looked at when the command is done', async () => {
    const { plane, seen, begin, reach, timers } = world(recordOf('busy'), recordOf('free'))
    let done = () => {}
    const command = plane.locks.with(['busy'], () => new Promise<void>((resolve) => (done = resolve)))

    await begin()
    await reach()
    expect(seen).toEqual(['adopt free-b'])
    done()
    await command
    await settled()

    expect(seen).toEqual(['adopt free-b', 'adopt busy-b'])
    expect(timers.waiting).toEqual([])
  })
})

describe('a board on which something fails later', () => {
  it('is swept again, what is in order is left alone, and what had failed runs whatever its restart policy says', async () => {
    const { watch, board, seen, adoptions, timers, begin } = world(recordOf('fine'), recordOf('once', 'b', {}, 'never'))
    await begin()
    adoptions.set('once-b', gone)
    seen.length = 0

    watch.lookAgain('b')
    watch.lookAgain('b', 'once-b')
    expect([watch.isInDoubt('b', 'once-b'), timers.waiting]).toEqual([true, [2_000]])
    timers.fire()
    await settled()

    expect(seen).toEqual(['start once-b'])
    expect(watch.isInDoubt('b', 'once-b')).toBe(false)
    expect(board.sweeps).toHaveLength(2)
    expect(timers.waiting).toEqual([])
  })

  it('is swept again where that has failed, and whatever has come meanwhile is known', async () => {
    const { board, objects, timers, begin } = world()
    const sweep = board.sweep.bind(board)
    board.sweep = async () => {
      throw clusterError('ssh', { detail: 'board "b": device busy' })
    }
    await begin()
    board.sweep = async (isKnown) => {
      objects.add('stranger')
      await sweep(isKnown)
    }

    expect(timers.waiting).toEqual([2_000])
    timers.fire()
    await settled()

    expect(board.sweeps).toEqual([true])
    expect(timers.waiting).toEqual([])
  })
})

describe('a command that needs a board', () => {
  it('is told 500 after 4 s where it does not answer, or what takes so long there', async () => {
    const { board, adoptions, timers, begin, reach } = world(recordOf('large'))
    adoptions.set('large-b', never)
    void begin()
    const slow = reach()
    await settled()
    timers.fire(4_000)
    await expect(slow).rejects.toMatchObject({ code: 500, message: expect.stringMatching(/board "b": .*in line.*large: .*4000 ms/) })

    board.reach = never
    const hung = reach()
    await settled()
    timers.fire(4_000)
    await expect(hung).rejects.toMatchObject({ code: 500, message: expect.stringMatching(/board "b": .*did not answer within 4000 ms/) })
  })

  it('is told why where the board goes down meanwhile', async () => {
    const { board, begin, reach } = world()
    await begin()
    board.reach = async () => board.turn('down')

    await expect(reach()).rejects.toMatchObject({ code: 500, message: expect.stringContaining('board "b": it is gone') })
  })

  it('may be given up while it waits', async () => {
    const { board, timers, begin, reach } = world()
    await begin()
    board.reach = never
    const giveUp = new AbortController()
    const given = reach(giveUp.signal)

    giveUp.abort(new Error('no more'))

    await expect(given).rejects.toThrow('no more')
    expect(timers.waiting).toEqual([])
  })
})

describe('a board that is removed while it is brought in line', () => {
  it('is not tried again, and another one of its name has nothing of it', async () => {
    const { watch, board, seen, adoptions, timers, begin, reach } = world(recordOf('x'))
    let fail = (_error: Error) => {}
    adoptions.set('x-b', () => new Promise<never>((_resolve, reject) => (fail = reject)))
    const begun = begin()
    await settled()

    await watch.end(board as unknown as Board)
    const next = new FakeBoard()
    adoptions.clear()
    const begunAnew = watch.begin(next as unknown as Board)
    fail(clusterError('ssh', { detail: 'board "b": its connection was closed' }))
    await Promise.all([begun, begunAnew])

    expect(timers.waiting).toEqual([])
    expect(seen).toEqual(['adopt x-b'])
    await expect(reach()).resolves.toBeUndefined()
  })
})
