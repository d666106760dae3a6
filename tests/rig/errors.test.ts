import type { ContainerHandler, CoprocessorHandler } from '@aicluster/host-sdk'
import { describeUnless } from '@aicluster/vitest-preset/skip'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { argumentsOf, type Targets } from '../conformance/api-calls'
import { apiOf, type ErrorRow, titleOf } from '../conformance/error-table'
import { ROWS_ON_BOARDS } from '../conformance/on-boards'
import { proveRow } from '../conformance/prove-row'
import { attempt } from '../conformance/provocation'
import { eventually } from '../worlds/eventually'
import type { World } from '../worlds/world'
import { containersOn, contentOf, registeredFiles } from './board-facts'
import { dockerConfig, rigMissing, sharedRig, startRigWorld } from './rig-world'

/** The board that is lost; the other one stays. */
const LOST = 'board2'
/** Runs on the lost board alone. */
const FAR = 'far'
/** Registered on the other board alone. */
const NEAR = 'near'
/** A command hears within so many ms that its board is lost. */
const REFUSED_MS = 4_000
/** What is said of a board that went just now, and of one that has been away for a while. */
const GONE = /its link is cut, or it is off/
const AWAY = /its link is cut, or it is off|it did not answer within \d+ ms|the machine cannot be reached/
const BACK_MS = 20_000
const START_MS = 120_000

describeUnless(rigMissing, 'rows of the table of errors that need a board', () => {
  let world: World
  let targets: Targets & { board: CoprocessorHandler; container: ContainerHandler }
  let before: Awaited<ReturnType<typeof present>>
  const present = async () => ({
    files: registeredFiles(world),
    containers: await containersOn(sharedRig().board(2)),
    content: await contentOf(sharedRig().board(2)),
  })

  const stateOfLost = async () => (await world.cluster.getCoprocessorHandler()).find(({ name }) => name === LOST)?.state
  const untilLostIs = (state: 'up' | 'down') => eventually(`${LOST} to be ${state}`, async () => (await stateOfLost()) === state, BACK_MS)

  beforeAll(async () => {
    world = await startRigWorld({ boards: [1, 2] })
    const { cluster } = world
    await untilLostIs('up')
    await cluster.loadInference(await dockerConfig('echo', FAR), LOST)
    await cluster.loadInference({ name: NEAR, implementationType: 'Loop' }, 'board1')
    const [board] = await cluster.getCoprocessorHandler(FAR)
    const [container] = await cluster.getContainerHandler(FAR)
    targets = { cluster, board: board as CoprocessorHandler, container: container as ContainerHandler }
    before = await present()
  }, START_MS)

  afterAll(async () => {
    await sharedRig().board(2).on()
    await world?.[Symbol.asyncDispose]()
  }, START_MS)

  /** What each API is told, where its own arguments would not lead it to the lost board. */
  const replacedOf = async (row: ErrorRow): Promise<Record<string, unknown>> => {
    if (apiOf(row) === 'AICluster.load_inference') {
      return { containerConfig: await dockerConfig('echo', `new-${row.notify}`), coprocessorName: LOST }
    }
    return { inferenceName: apiOf(row) === 'CoprocessorHandler.add_inference' ? NEAR : FAR }
  }

  /** The row, and further that the message names board and cause, and comes in time. */
  const prove = async (row: ErrorRow, cause: RegExp): Promise<void> => {
    const attempts = async () => {
      const args = argumentsOf(row, await replacedOf(row))
      const startedAt = performance.now()
      const afterwards = async () => expect(performance.now() - startedAt).toBeLessThan(REFUSED_MS)
      return [attempt(row, targets, args, { cause, afterwards })]
    }
    await proveRow({ ...row, message: `${row.message}: board "${LOST}": ` }, { rows: [], attempts })
  }

  describe('told by the promise, when its link has just been cut', () => {
    beforeAll(async () => {
      // Before: it makes an image where there is none yet.
      await dockerConfig('echo', FAR)
      await sharedRig().board(2).cut()
      expect(await stateOfLost()).toBe('up')
    })

    for (const row of ROWS_ON_BOARDS.filter(({ notify }) => notify === 'reject')) {
      it.concurrent(titleOf(row), async ({ task }) => {
        task.meta.errorRow = titleOf(row)
        await prove(row, GONE)
      })
    }

    it.concurrent('the state of all containers: of those on the lost board what is known', async () => {
      const startedAt = performance.now()
      expect(await world.cluster.getContainerStatus()).toMatchObject([
        { suffixName: `${FAR}-${LOST}`, status: 'unreachable', cpuProc: undefined },
        { suffixName: `${NEAR}-board1`, status: 'running' },
      ])
      expect(performance.now() - startedAt).toBeLessThan(REFUSED_MS)
    })
  })

  describe('told by the callback, when it has lost its power', () => {
    beforeAll(async () => {
      await sharedRig().board(2).off()
      await untilLostIs('down')
    })

    for (const row of ROWS_ON_BOARDS.filter(({ notify }) => notify !== 'reject')) {
      it(titleOf(row), async ({ task }) => {
        task.meta.errorRow = titleOf(row)
        await prove(row, AWAY)
      })
    }
  })

  describe('afterwards', () => {
    it('everything is as it was before', async () => {
      const names = (await world.cluster.getContainerHandler()).map(({ suffixName }) => suffixName)
      expect(names.sort()).toEqual([`${FAR}-${LOST}`, `${NEAR}-board1`])
      await sharedRig().board(2).on()
      await untilLostIs('up')
      await expect(world.cluster.infer(FAR, Uint8Array.of(1))).resolves.toBeDefined()
      expect(await world.cluster.getContainerStatus(FAR)).toMatchObject([{ status: 'running', connectStatus: 'connected' }])
      expect(await present()).toEqual(before)
      await world.cluster.unloadInference()
    })
  })
})
