import { createHash, generateKeyPairSync } from 'node:crypto'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describeUnless } from '@aicluster/vitest-preset/skip'
import { expect, it } from 'vitest'
import { CliWorld } from '../cli/aicluster'
import { rigMissing, sharedRig } from './rig-world'

const NUMBER = expect.any(Number)
/** What a board of the rig is. */
const FACTS = {
  architecture: expect.stringMatching(/^(amd64|arm64)$/),
  cpus: NUMBER,
  memoryBytes: NUMBER,
  diskFreeBytes: NUMBER,
  engineVersion: expect.stringMatching(/^\d+\./),
  runtimes: expect.arrayContaining(['runc']),
  gpus: [],
}
const LIMIT_MS = 120_000
const OTHER_FINGERPRINT = `SHA256:${'A'.repeat(43)}`

/** As `ssh-keygen -lf` prints it. */
const fingerprintOf = (hostKey: string): string => {
  const blob = Buffer.from(hostKey.split(' ')[1] as string, 'base64')
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`
}

/** A manager with one board of its own machine, which boards can reach. */
async function startCluster(world: CliWorld): Promise<string> {
  const ports = 'inference_port: 0, management_port: 0, pub_port: 0, sub_port: 0'
  const listen = `{ transport: tcp, host: ${sharedRig().managerAddress}, insecure: true, ${ports} }`
  const file = world.file('cluster.yaml', `# the lab\nlisten: ${listen}\nboards:\n  - name: here # this machine\n`)
  expect((await world.run(['up', '--detach', '--config', file])).stderr).not.toContain('Error')
  return file
}

/** Board 1 as nobody's, and the words that add it. */
async function freeBoard() {
  const board = sharedRig().board(1)
  await board.restore()
  await board.exec(['rm', '-rf', '/root/.aicluster'])
  const target = `root@${board.address}`
  const add = (name: string, ...more: string[]) => ['boards', 'add', name, target, '--identity-file', sharedRig().identityFile, ...more]
  const fingerprint = fingerprintOf(board.hostKey)
  return { board, target, add, fingerprint, agreed: ['--yes', '--fingerprint', fingerprint] }
}

describeUnless(rigMissing, 'aicluster boards', () => {
  it(
    'adds a board to a running manager and to its file, and lets it go again',
    async () => {
      await using world = await CliWorld.open()
      const { board, add, agreed } = await freeBoard()
      const file = await startCluster(world)
      const added = await world.json(...add('far', '--label', 'gpu=none', ...agreed))
      expect(added.value).toMatchObject({ name: 'far', driver: 'ssh', ip: board.address, state: 'up', labels: { gpu: 'none' } })
      expect(readFileSync(file, 'utf8')).toMatch(/^# the lab\n[\s\S]*- name: here # this machine\n {2}- name: far\n {4}driver: ssh\n/)
      expect((await world.json('boards', 'check', 'far')).value).toMatchObject([
        { hostKey: { state: 'accepted' }, facts: FACTS, problems: [] },
      ])

      await world.run(['load', '--name', 'loop', '--type', 'Loop', '--board', 'gpu=none'])
      expect((await world.json('boards', 'rm', 'far')).value.error).toMatchObject({
        code: 303,
        message: expect.stringContaining('loop is registered there'),
      })

      await world.run(['unload', '--all', '--board', 'label:gpu'])
      expect((await world.run(['boards', 'rm', 'far'])).stdout).toBe('Board far is removed.\n')
      expect(readFileSync(file, 'utf8')).not.toContain('far')
      expect((await board.exec(['find', '/root/.aicluster', '-name', 'owner.json'])).stdout).toBe('')
      await world.run(['down'])
    },
    LIMIT_MS,
  )

  it(
    'asks once, on a terminal, with the fingerprint before the eyes',
    async () => {
      await using world = await CliWorld.open()
      const { add, fingerprint } = await freeBoard()
      await startCluster(world)
      const no = world.terminal(...add('far'))
      await no.shows(/add the board\? \[y\/N\]/)
      no.type('n\r')
      expect((await no.end()).exitCode).toBe(0)
      expect((await world.json('boards')).value).toHaveLength(1)

      const yes = world.terminal(...add('far'))
      await yes.shows(new RegExp(fingerprint.replace(/[+/]/g, '.')))
      await yes.shows(/add the board\? \[y\/N\]/)
      yes.type('y\r')
      await yes.shows(/Board far is added/)
      expect((await yes.end()).exitCode).toBe(0)
      await world.run(['down'])
    },
    LIMIT_MS,
  )

  it(
    'asks nothing where the key was refused, and says once what is wrong',
    async () => {
      await using world = await CliWorld.open()
      const { target } = await freeBoard()
      await startCluster(world)
      const strange = world.file(
        'strange',
        generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs1', format: 'pem' }),
      )
      chmodSync(strange, 0o600)

      const terminal = world.terminal('boards', 'add', 'far', target, '--identity-file', strange)

      expect((await terminal.end()).exitCode).toBe(1)
      // A long line goes on in the next row.
      const text = terminal.screen.text.replaceAll('\n', '')
      expect(text).toContain('Nothing was added')
      expect(text).not.toContain('[y/N]')
      expect(text.match(/was not let in/g)).toHaveLength(1)
      await world.run(['down'])
    },
    LIMIT_MS,
  )

  it(
    'adds nothing that cannot be used, and says why and what to do',
    async () => {
      await using world = await CliWorld.open()
      const { board, target, add, agreed } = await freeBoard()
      const file = await startCluster(world)
      const before = readFileSync(file, 'utf8')
      const refusal = async (words: string[]) => (await world.json(...words)).value.error
      const strange = world.file(
        'strange',
        generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs1', format: 'pem' }),
      )
      chmodSync(strange, 0o600)

      expect(await refusal(add('far', '--yes', '--fingerprint', OTHER_FINGERPRINT))).toMatchObject({
        code: 500,
        message: expect.stringContaining(`not ${OTHER_FINGERPRINT}`),
      })
      expect(await refusal(['boards', 'add', 'far', target, '--identity-file', strange, ...agreed])).toMatchObject({
        code: 500,
        message: expect.stringMatching(/board "far".*"root" was not let in.*authorized_keys/),
      })
      expect(await refusal(add('far', '--port', '1', ...agreed))).toMatchObject({
        code: 500,
        message: expect.stringContaining('nothing listens there'),
      })
      expect(await refusal(add('here', ...agreed))).toMatchObject({ code: 302, message: expect.stringContaining('it must be unique') })
      expect(await refusal(add('far', '--yes'))).toMatchObject({ code: null, name: 'UsageError' })

      await board.exec(['mkdir', '-p', '/root/.aicluster'])
      await board.exec(['sh', '-c', `echo '{"cluster_id":"another","epoch":1}' > /root/.aicluster/owner.json`])
      expect(await refusal(add('far', ...agreed))).toMatchObject({
        code: 500,
        message: expect.stringContaining('belongs to the cluster another'),
      })
      expect(readFileSync(file, 'utf8')).toBe(before)
      expect((await world.json('boards')).value).toHaveLength(1)
      await world.run(['down'])
    },
    LIMIT_MS,
  )

  it(
    'says of a changed host key how to accept it, and accepts it',
    async () => {
      await using world = await CliWorld.open()
      const { add, agreed, fingerprint } = await freeBoard()
      await startCluster(world)
      await world.run(add('far', ...agreed))
      // What a board that was installed anew looks like.
      const known = join(world.state, 'known_hosts')
      const other = sharedRig().board(2).hostKey
      writeFileSync(known, readFileSync(known, 'utf8').replace(/ssh-ed25519 \S+/, other))

      const check = await world.json('boards', 'check', 'far')
      expect(check.exitCode).toBe(1)
      expect(check.value).toMatchObject([
        {
          facts: null,
          hostKey: { state: 'changed', fingerprint },
          problems: [{ cure: expect.stringContaining('aicluster boards trust far') }],
        },
      ])
      expect((await world.json('boards', 'trust', 'far', '--yes', '--fingerprint', OTHER_FINGERPRINT)).value.error.code).toBe(500)

      expect((await world.json('boards', 'trust', 'far', ...agreed)).value).toMatchObject({
        name: 'far',
        fingerprint,
        replaced: check.value[0].hostKey.expected,
      })
      expect((await world.json('boards', 'check', 'far')).exitCode).toBe(0)
      await world.run(['down'])
    },
    LIMIT_MS,
  )
})
