import { randomBytes } from 'node:crypto'
import { decodeMsgpack, encodeMsgpack, RecordKind } from '@aicluster/protocol'
import { expect, it } from 'vitest'
import { eventually } from './eventually'
import { type HostilePeer, hostHello } from './hostile-peer'
import { identityOf, peerAt } from './hostile-world'
import { startWorld, type World } from './world'

/** The container "raw", whose own program never connects: this test does so in its stead. */
class RawContainer implements AsyncDisposable {
  private constructor(
    readonly requests: HostilePeer,
    readonly answers: HostilePeer,
  ) {}

  /** @param before - what its hello says that it has, and from which epoch */
  static async connect(world: World, before: { epoch?: number; in_hand?: number[]; answered?: number[] } = {}): Promise<RawContainer> {
    const { epoch = 0, ...has } = before
    const identity = await eventually('the files of the container', () => identityOf(world, 'raw-board1'))
    const hello = (link: string) =>
      hostHello('inference', Buffer.alloc(16), { role: 'container', link, names: ['raw'], ...identity, ...has })
    const container = new RawContainer(peerAt(world, 'sub'), peerAt(world, 'pub'))
    await container.requests.say({ kind: RecordKind.hello, header: hello('requests'), fields: { epoch } })
    await container.answers.say({ kind: RecordKind.hello, header: hello('answers') })
    await Promise.all([container.requests.hears(RecordKind.welcome), container.answers.hears(RecordKind.welcome)])
    await container.requests.say({ kind: RecordKind.ready })
    return container
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.requests[Symbol.asyncDispose]()
    await this.answers[Symbol.asyncDispose]()
  }
}

const secret = randomBytes(16)
/** An application whose steps the test decides. */
async function application(world: World): Promise<{ peer: HostilePeer; epoch: number; first: number }> {
  const peer = peerAt(world, 'inference')
  await peer.say({ kind: RecordKind.hello, header: hostHello('inference', secret) })
  const { epoch, numbers } = decodeMsgpack((await peer.hears(RecordKind.welcome)).header) as { epoch: number; numbers: { first: number } }
  return { peer, epoch, first: numbers.first }
}

it('a container that says after a restart that it has requests of an inference it does not serve answers none of them', async () => {
  await using world = await startWorld()
  await world.load('gated', 'gated')
  const loaded = world.load('silent', 'raw')
  const before = await RawContainer.connect(world)
  await loaded
  const { peer: asking, epoch, first: number } = await application(world)
  const header = encodeMsgpack({ pid: 1, tid: 0, metadata: { tag: 'mine' }, metadata_sys: {}, sent_at: 0 })
  const request = { kind: RecordKind.request, name: 'gated', header, body: Buffer.alloc(3), fields: { request: number } }
  await asking.say(request)
  await eventually('the container to have it', () => world.gates.sawBeginOf('mine'))
  const { 'gated-board1': pid = 0 } = await world.pids('gated')
  // Who has it is the last to come back.
  process.kill(pid, 'SIGSTOP')
  await world.endManager('SIGKILL')
  await world.startManager()
  await asking[Symbol.asyncDispose]()
  await before[Symbol.asyncDispose]()

  await using hostile = await RawContainer.connect(world, { epoch, in_hand: [number], answered: [number + 1] })
  const { peer: again } = await application(world)
  await again.say(request)
  await eventually('the request', async () => (await world.metrics()).gauges.requests_without_outcome === 1)
  const stolen = encodeMsgpack({ result: 'stolen', received_at: 0, sent_at: 0 })
  await hostile.answers.say({ kind: RecordKind.result, name: 'raw', header: stolen, fields: { request: number } })
  process.kill(pid, 'SIGCONT')
  world.gates.openAll()

  expect(decodeMsgpack((await again.hears(RecordKind.result, number)).header)).toMatchObject({ result: { tag: 'mine' } })
  await again[Symbol.asyncDispose]()
})
