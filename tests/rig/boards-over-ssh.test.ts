import { describeUnless } from '@aicluster/vitest-preset/skip'
import { expect, it } from 'vitest'
import { eventually } from '../worlds/eventually'
import { dockerConfig, rigMissing, sharedRig, startRigWorld } from './rig-world'

const LIMIT_MS = 120_000
const NOTICED_WITHIN_MS = 4_000

describeUnless(rigMissing, 'boards over SSH', () => {
  it(
    'run an inference in containers, and hold nothing of it when it is unloaded',
    async () => {
      await using world = await startRigWorld()
      await world.cluster.loadInference(await dockerConfig('echo', 'echo'), 'all')
      const send = (text: string) => world.cluster.infer('echo', Buffer.from(text))
      const answers = await Promise.all(Array.from({ length: 60 }, (_, number) => send(String(number))))
      expect(new Set(answers.map(({ result }) => (result as { board: string }).board))).toEqual(new Set(['board1', 'board2', 'board3']))

      await world.settle()
      for (const board of sharedRig().boards()) {
        expect((await board.exec(['docker', 'ps', '--all', '--quiet'])).stdout, board.hostname).toBe('')
        expect((await board.exec(['find', '/root/.aicluster', '-name', 'echo*'])).stdout, board.hostname).toBe('')
      }
    },
    LIMIT_MS,
  )

  it(
    'are used without the one that is cut off, whose container comes back as it was',
    async () => {
      await using world = await startRigWorld({ boards: [1, 2] })
      await world.cluster.loadInference(await dockerConfig('echo', 'echo'), 'all')
      const boardOfAnswer = async () => ((await world.cluster.infer('echo', Buffer.from('x'))).result as { board: string }).board
      const connected = async (name: string) => (await world.metrics()).credits.some((row) => row.board === name && row.connected)
      const second = sharedRig().board(2)
      const containers = async () => (await second.exec(['docker', 'ps', '--no-trunc', '--quiet'])).stdout
      const before = await containers()

      await second.cut()
      await eventually('the cut to be noticed', async () => !(await connected('board2')), NOTICED_WITHIN_MS)
      for (let asked = 0; asked < 10; asked++) expect(await boardOfAnswer()).toBe('board1')

      await second.heal()
      await eventually('board2 to answer', async () => (await boardOfAnswer()) === 'board2', 20_000)
      // Its container and the manager's own connection come back each for itself, and the latter may not have been missed yet.
      const running = async () => (await world.cluster.getContainerStatus('echo')).every(({ status }) => status === 'running')
      await eventually('both containers to be seen', running, 20_000)
      expect(await containers()).toBe(before)
      await world.settle()
    },
    LIMIT_MS,
  )
})
