import { basename, dirname, join } from 'node:path'
import type { ContainerConfig } from '@aicluster/host-sdk'
import { nodeImage } from '@aicluster/rig'
import { describeUnless } from '@aicluster/vitest-preset/skip'
import { expect, it } from 'vitest'
import { eventually } from '../worlds/eventually'
import { startWorld } from '../worlds/world'
import { untilServing } from './board-facts'
import { containerNames, inContainer, inspect } from './on-board'
import { dockerConfig, rigMissing, sharedRig } from './rig-world'

const LIMIT_MS = 120_000
const BODY = Uint8Array.of(1)
/** A user that neither the manager is nor the image has. */
const NOBODY = 4242
const TAG = 'aicluster-local:1'

describeUnless(rigMissing, 'a local board with a Docker Engine', () => {
  it(
    'runs containers of any user over Unix sockets, tells of them, has them adopted, and deletes their image with the last',
    async () => {
      // The Engine of the rig's first board plays this machine's: it sees the same files below /tmp.
      const engine = sharedRig().board(1)
      await engine.restore()
      const boards = [{ name: 'board1', engine_socket: await engine.engineSocket() }]
      await using world = await startWorld({ config: { boards, file_roots: ['/'] } })
      const { file } = await nodeImage({ tag: TAG, environment: { LOCAL: 'yes' } })
      const image = { imagePath: dirname(file), imageFilename: basename(file), imageTag: TAG }
      const load = async (name: string, more: Partial<ContainerConfig> = {}) =>
        (await world.cluster.loadInference(await dockerConfig('talker', name, { ...image, ...more }), 'board1'))[0]
      const statusOf = async (name: string) => (await world.cluster.getContainerStatus(name))[0]
      const tags = async () => (await world.cluster.getCoprocessorImages()).flatMap(({ images }) => images.flatMap((one) => one.tags))

      // An image from a file, by a root that may do everything, and by somebody who owns nothing here.
      const handler = await load('talks', { runOption: '--memory 300m' })
      await load('nobody', { runOption: `--user ${NOBODY}` })
      for (const name of ['talks', 'nobody']) await world.cluster.infer(name, Buffer.from(`hello from ${name}\n`))
      expect(await tags()).toContain(TAG)
      const first = await inspect(engine, 'talks-board1')
      expect(await statusOf('talks')).toMatchObject({
        status: 'running',
        connectStatus: 'connected',
        pid: first.State.Pid,
        created: first.State.StartedAt,
        memUsage: expect.stringMatching(/ \/ 300MiB$/),
        netIo: expect.stringMatching(/ \/ /),
      })
      expect((await world.cluster.getContainerLog('nobody-board1')).lines).toEqual(['hello from nobody'])
      expect(await inContainer(engine, 'nobody-board1', 'id', '-u')).toBe(`${NOBODY}\n`)
      // Sockets with which programs of this machine manage the cluster are none of theirs.
      expect(await inContainer(engine, 'talks-board1', 'ls', '-A', join(world.stateFolder, 'run'))).toBe('c\n')

      expect(await handler?.stop()).toMatchObject({ status: 'exited', connectStatus: 'disconnected' })
      expect(await handler?.start()).toMatchObject({ status: 'running', connectStatus: 'connected' })

      const before = await Promise.all(['talks-board1', 'nobody-board1'].map((name) => inspect(engine, name)))
      await world.endManager('SIGKILL')
      await world.startManager()
      await eventually('the application', () => world.cluster.isConnected)
      for (const name of ['talks', 'nobody']) {
        await untilServing(world, name)
        await world.cluster.infer(name, BODY)
      }
      const after = await Promise.all(['talks-board1', 'nobody-board1'].map((name) => inspect(engine, name)))
      const lives = (of: typeof before) => of.map(({ Id, State, RestartCount }) => [Id, State.StartedAt, RestartCount])
      expect(lives(after)).toEqual(lives(before))

      // The other one needs the image still.
      await world.cluster.unloadInference({ inferenceName: 'talks' })
      expect(await tags()).toContain(TAG)
      await world.cluster.unloadInference({ inferenceName: 'nobody' })
      expect(await tags()).not.toContain(TAG)
      expect(await containerNames(engine)).toEqual([])
      await world.atRest()
    },
    LIMIT_MS,
  )
})
