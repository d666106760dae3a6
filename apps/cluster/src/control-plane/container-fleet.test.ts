import type { ContainerConfig } from '@aicluster/protocol'
import { pino } from 'pino'
import { describe, expect, it, vi } from 'vitest'
import type { Board, BoardContainer, ContainerSpec } from '../boards/board'
import { boardError } from '../boards/board-error'
import { Boards } from './boards'
import { ContainerFleet, type FleetOptions } from './container-fleet'

const CONFIG: ContainerConfig = { name: 'digits', implementation_type: 'other', run_command: 'node' }

/** A fleet with one board, whose containers never get ready, and what was done to them. */
function world() {
  const done: string[] = []
  const container = (spec: ContainerSpec) =>
    ({
      spec,
      remove: async () => void done.push('remove'),
      stop: async () => void done.push('stop'),
      detach: () => void done.push('detach'),
    }) as unknown as BoardContainer
  const board = {
    name: 'b',
    create: async (spec: ContainerSpec) => {
      done.push('create')
      return container(spec)
    },
  } as unknown as Board
  const lookAgain = vi.fn<FleetOptions['lookAgain']>()
  const fleet = new ContainerFleet({
    boards: new Boards([board]),
    dataPlane: { call: async () => {} } as unknown as FleetOptions['dataPlane'],
    log: pino({ level: 'silent' }),
    stopTimeoutMs: 1_000,
    connectorEnvironment: {},
    filesFolderOf: () => undefined,
    keep: async () => {},
    placed: ({ config }) => config,
    requireAllowed() {},
    lookAgain,
  })
  const giveUp = new AbortController()
  const work = { signal: giveUp.signal, report() {} }
  const start = () => fleet.start({ config: CONFIG }, 'digits-b', 'b', { startTimeoutMs: 60_000, work, withFiles: false })
  /** Start one, and give it up before it is ready. */
  const giveUpBecause = async (failure: Error) => {
    const refused = expect(start()).rejects.toBe(failure)
    await vi.waitFor(() => expect(done).toEqual(['create']))
    giveUp.abort(failure)
    await refused
  }
  return { done, lookAgain, giveUpBecause }
}

describe('a container that is still starting', () => {
  it('is removed at once when it is given up because another board has failed', async () => {
    const { done, lookAgain, giveUpBecause } = world()
    const failure = boardError('other', 'connection', 'cut', { reason: 'lost' })

    await giveUpBecause(failure)

    expect(done).toEqual(['create', 'remove'])
    expect(lookAgain).not.toHaveBeenCalled()
  })

  it('is left behind, and its board looked at again, when that board itself has failed', async () => {
    const { done, lookAgain, giveUpBecause } = world()
    const failure = boardError('b', 'connection', 'cut', { reason: 'lost' })

    await giveUpBecause(failure)

    expect(done).toEqual(['create', 'detach'])
    expect(lookAgain).toHaveBeenCalledWith('b')
  })
})
