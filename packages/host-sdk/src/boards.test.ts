import { describe, expect, it } from 'vitest'
import { FakeWorld } from '../test/fake-world'

const FINGERPRINT = `SHA256:${'A'.repeat(43)}`
const HOST_KEY = { type: 'ssh-ed25519', fingerprint: FINGERPRINT, state: 'unknown', expected: [] }
const PROBE = {
  name: 'far',
  driver: 'ssh',
  target: 'me@10.0.0.12:22',
  host_key: HOST_KEY,
  facts: {
    os: 'Debian',
    architecture: 'arm64',
    cpus: 6,
    memory_bytes: 8,
    disk_free_bytes: 4,
    engine_version: '24',
    runtimes: ['runc'],
    gpus: [],
  },
  problems: [{ what: 'w', cure: 'c' }],
}
const RESOURCES = { cpus: 6, memory_bytes: 8, gpus: 1 }
const VIEW = {
  name: 'far',
  ip: '10.0.0.12',
  driver: 'ssh',
  state: 'up',
  since: 't',
  reason: null,
  labels: { myGpu: 'x' },
  resources: RESOURCES,
  telemetry: null,
}

const REPLIES: Record<string, unknown> = {
  probe_board: PROBE,
  check_boards: [PROBE],
  trust_board: { name: 'far', fingerprint: FINGERPRINT, replaced: [] },
  get_coprocessor_handler: [VIEW],
  add_board: VIEW,
  remove_board: { forgotten: [{ suffix_name: 'digits-far', board: 'far', reason: 'off' }] },
}

const FORGOTTEN = { suffixName: 'digits-far', coprocessorName: 'far', reason: 'off' }

async function startWithBoards() {
  const world = await FakeWorld.start()
  world.manager.answerCommands(({ cmd }) => REPLIES[cmd as string])
  return Object.assign(world, { sent: () => world.manager.commands.map(({ content }) => content) })
}

describe('boards of a cluster', () => {
  it('are looked at, keys in either spelling, the words of labels as they are', async () => {
    await using world = await startWithBoards()
    const probe = await world.cluster.probeBoard({
      name: 'far',
      driver: 'ssh',
      identityFile: '/k',
      known_hosts: '/h',
      labels: { myGpu: 'x' },
    })
    expect(world.sent()).toEqual([
      { cmd: 'probe_board', board: { name: 'far', driver: 'ssh', identity_file: '/k', known_hosts: '/h', labels: { myGpu: 'x' } } },
    ])
    expect(probe).toMatchObject({ hostKey: HOST_KEY, facts: { memoryBytes: 8, diskFreeBytes: 4, engineVersion: '24' } })
  })

  it('are checked, by name, by label or all', async () => {
    await using world = await startWithBoards()
    expect(await world.cluster.checkBoards('gpu=orin')).toMatchObject([{ name: 'far', problems: [{ what: 'w', cure: 'c' }] }])
    await world.cluster.checkBoards('all')
    expect(world.sent()).toEqual([{ cmd: 'check_boards', coprocessor_name: 'gpu=orin' }, { cmd: 'check_boards' }])
  })

  it('are selected, by name, by label or all', async () => {
    await using world = await startWithBoards()
    await world.cluster.getCoprocessorHandler('digits', { coprocessorName: 'label:gpu' })
    await world.cluster.getCoprocessorHandler(undefined, { coprocessorName: 'all' })
    const cmd = 'get_coprocessor_handler'
    expect(world.sent()).toEqual([{ cmd, inference_name: 'digits', coprocessor_name: 'label:gpu' }, { cmd }])
    await expect(world.cluster.getCoprocessorHandler(undefined, { coprocessorName: 'a b' })).rejects.toMatchObject({ code: 302 })
  })

  it('are added, trusted and removed', async () => {
    await using world = await startWithBoards()
    const board = await world.cluster.addBoard({ name: 'far' }, { fingerprint: FINGERPRINT, write: false })
    expect(board).toMatchObject({ name: 'far', labels: { myGpu: 'x' } })
    expect(await world.cluster.trustBoard('far', FINGERPRINT)).toMatchObject({ replaced: [] })
    expect(await world.cluster.removeBoard('far', { force: true })).toEqual({ forgotten: [FORGOTTEN] })
    expect(world.sent()).toEqual([
      { cmd: 'add_board', board: { name: 'far' }, fingerprint: FINGERPRINT, write: false },
      { cmd: 'trust_board', coprocessor_name: 'far', fingerprint: FINGERPRINT },
      { cmd: 'remove_board', coprocessor_name: 'far', force: true },
    ])
  })

  it('are refused before anything is sent where an argument is missing or of another kind', async () => {
    await using world = await startWithBoards()
    const { cluster } = world
    await expect(cluster.probeBoard(undefined as never)).rejects.toMatchObject({ code: 100 })
    await expect(cluster.addBoard('far' as never)).rejects.toMatchObject({ code: 302 })
    await expect(cluster.addBoard({ name: 'far' }, { write: 'no' as never })).rejects.toMatchObject({ code: 302 })
    await expect(cluster.trustBoard('far', '')).rejects.toMatchObject({ code: 100 })
    await expect(cluster.removeBoard('gpu=orin')).rejects.toMatchObject({ code: 302 })
    await expect(cluster.removeBoard('far', { force: 1 as never })).rejects.toMatchObject({ code: 302 })
    await expect(cluster.unloadInference({ force: 'yes' as never })).rejects.toMatchObject({ code: 302 })
    await expect(cluster.checkBoards('gpu=a,b')).rejects.toMatchObject({ code: 302 })
    expect(world.sent()).toEqual([])
  })
})
