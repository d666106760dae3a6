import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { AIClusterError } from '@aicluster/protocol'
import { describeUnless } from '@aicluster/vitest-preset/skip'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ClusterConfig } from './cluster-config'
import { loadClusterFile, parseClusterFile } from './load-cluster-file'

/** Where containers of other machines reach the manager. */
const LISTEN = 'listen: { transport: tcp, host: 0.0.0.0, insecure: true }\n'
const SSH_BOARD = 'boards:\n  - name: jetson\n    driver: ssh\n    address: 10.0.0.12\n    user: me\n'

/** What a user is told, without the table's opening words. */
function refusal(text: string): { code: number; lines: string[]; details: Readonly<Record<string, unknown>> } {
  try {
    parseClusterFile('c.yaml', text)
  } catch (error) {
    if (!(error instanceof AIClusterError)) throw error
    return { code: error.code, lines: error.message.replace(/^[^:]*: /, '').split('\n'), details: error.details }
  }
  throw new Error(`accepted:\n${text}`)
}

describe('a configuration that is right', () => {
  it.each([
    ['an empty file', ''],
    ['a file of comments', '# nothing yet\n'],
    ['an empty map', '{}'],
  ])('%s is the default', (_, text) => {
    expect(parseClusterFile('c.yaml', text)).toEqual(ClusterConfig.parse({}))
  })

  it('fills in what it leaves out', () => {
    const config = parseClusterFile(
      'c.yaml',
      'boards:\n  - name: left\nlisten:\n  transport: tcp\n  pub_port: 0\ndefaults:\n  queue_limit: 3\n',
    )
    expect(config.boards).toEqual([
      { name: 'left', driver: 'local', labels: {}, engine_socket: '/var/run/docker.sock', allowed_run_options: [] },
    ])
    expect(config.listen).toMatchObject({ transport: 'tcp', host: '127.0.0.1', pub_port: 0, sub_port: 47103 })
    expect(config.defaults).toMatchObject({ queue_limit: 3, send_timeout: 60_000 })
  })

  it('takes a board over SSH with an address, a user and a way in', () => {
    const { boards } = parseClusterFile(
      'c.yaml',
      `${SSH_BOARD}    identity_file: ~/.ssh/id_ed25519\n    labels: { rack: 7, gpu: true }\n${LISTEN}`,
    )
    expect(boards).toEqual([
      {
        name: 'jetson',
        driver: 'ssh',
        address: '10.0.0.12',
        port: 22,
        user: 'me',
        identity_file: join(homedir(), '.ssh/id_ed25519'),
        known_hosts: join(homedir(), '.ssh/known_hosts'),
        labels: { rack: '7', gpu: 'true' },
        resources: {},
        engine_socket: '/var/run/docker.sock',
        folder: '.aicluster',
        allowed_run_options: [],
      },
    ])
  })

  it('may be JSON', () => {
    expect(parseClusterFile('c.json', '{"drain_timeout": 7, "boards": [{"name": "a"}]}')).toMatchObject({ drain_timeout: 7 })
  })
})

describe('a configuration that is wrong is refused with line, column, key and what to do', () => {
  it.each([
    ['an unknown key', 'boards:\n  - name: a\nlog_leve: info\n', 302, 'c.yaml:3:1: unknown key log_leve, did you mean log_level?'],
    [
      'an unknown key inside another',
      'defaults:\n  queue_limit: 1\n  send_timeuot: 5\n',
      302,
      'c.yaml:3:3: unknown key defaults.send_timeuot, did you mean send_timeout?',
    ],
    [
      'an unknown key in a list',
      'boards:\n  - name: a\n  - name: b\n    drivr: local\n',
      302,
      'c.yaml:4:5: unknown key boards[1].drivr, did you mean driver?',
    ],
    [
      'an unknown key that resembles none',
      'limits:\n  colour: 1\n',
      302,
      'c.yaml:2:3: unknown key limits.colour; known here: max_body_bytes, max_header_bytes, max_queued_per_session, max_sent_files_bytes',
    ],
    [
      'a key of the other transport',
      'listen:\n  transport: ipc\n  pub_port: 5\n',
      302,
      'c.yaml:3:3: listen.pub_port belongs to transport: tcp, but transport is ipc: remove one of the two',
    ],
    ['a key that stands twice', 'drain_timeout: 1\nboards:\n  - name: a\ndrain_timeout: 2\n', 302, /^c\.yaml:4:1: drain_timeout .*line 1/],
    ['a wrong type', 'drain_timeout: soon\n', 302, 'c.yaml:1:16: drain_timeout is "soon", it must be an integer'],
    [
      'a number out of range',
      'defaults:\n  send_timeout: 0\n',
      302,
      'c.yaml:2:17: defaults.send_timeout is 0, it must be an integer of 1 or more',
    ],
    ['a fraction', 'listen: { transport: tcp, pub_port: 1.5 }\n', 302, 'c.yaml:1:37: listen.pub_port is 1.5, it must be an integer'],
    ['a wrong choice', 'listen:\n  transport: udp\n', 302, 'c.yaml:2:14: listen.transport is "udp", it must be ipc or tcp'],
    ['a missing choice', 'listen:\n  pub_port: 3\n', 201, 'c.yaml:2:3: listen.transport is missing'],
    ['a missing key', 'boards:\n  - driver: local\n', 201, 'c.yaml:2:5: boards[0].name is missing'],
    ['a key without a value', 'limits:\nlog_level: info\n', 302, /^c\.yaml:1:\d+: limits has no value: give it one, or remove the key$/],
    [
      'sockets beyond loopback that nothing protects',
      'listen:\n  transport: tcp\n  host: 10.0.0.1\n  curve: false\n',
      302,
      /^c\.yaml:4:10: listen\.curve is false, it must be true where host \(10\.0\.0\.1\) is beyond loopback: remove it, or say insecure: true/,
    ],
    [
      'sockets that are encrypted and insecure',
      'listen:\n  transport: tcp\n  curve: true\n  insecure: true\n',
      302,
      /^c\.yaml:4:13: listen\.insecure is true, it must be false where curve is true/,
    ],
    [
      'health and metrics beyond loopback',
      'admin:\n  host: 10.0.0.1\n',
      302,
      /^c\.yaml:2:9: admin\.host is "10\.0\.0\.1", it must be a loopback/,
    ],
    [
      'a permission that is misspelt',
      "boards:\n  - name: a\n    allowed_run_options: ['-v', '--prviileged']\n",
      302,
      'c.yaml:3:33: boards[0].allowed_run_options[1] is "--prviileged", it must be an option that reaches beyond the container: did you mean --privileged?',
    ],
    [
      'a permission for what needs none',
      "boards:\n  - name: a\n    allowed_run_options: ['--cpus']\n",
      302,
      /allowed_run_options\[0\] is "--cpus", it must be an option that reaches beyond the container: those are --network, --net, /,
    ],
    [
      'a board named twice',
      'boards:\n  - name: a\n  - name: A\n',
      302,
      'c.yaml:3:11: boards[1].name is "A", it must be unique (case does not count)',
    ],
    [
      'a board whose machine an earlier one is already',
      `${SSH_BOARD}    agent: true\n${SSH_BOARD.slice('boards:\n'.length).replace('jetson', 'twin')}    agent: true\n`,
      302,
      'c.yaml:9:14: boards[1].address is "10.0.0.12", it must not be that of board "jetson", with the same port and user: one machine is one board',
    ],
    [
      'a board over SSH where the manager can only be reached from its own machine',
      `${SSH_BOARD}    agent: true\nlisten: { transport: tcp }\n#`,
      302,
      /boards\[0\]\.driver is "ssh", it must be local, or the manager must listen where containers of other machines reach it: listen:/,
    ],
    [
      'a board without a way in',
      SSH_BOARD,
      302,
      'c.yaml:5:11: boards[0].user is "me", it needs a way in beside it: identity_file, agent or password_file',
    ],
    [
      'a passphrase without its key',
      `${SSH_BOARD}    agent: true\n    identity_passphrase_file: /x\n`,
      302,
      'c.yaml:7:31: boards[0].identity_passphrase_file is "/x", it must stand beside the identity_file whose passphrase it holds',
    ],
    [
      'a key of the other driver, where none is named',
      'boards:\n  - name: a\n    address: b\n',
      302,
      'c.yaml:3:5: boards[0].address belongs to driver: ssh, but driver is local: remove one of the two',
    ],
    [
      'a driver that there is not',
      'boards:\n  - name: a\n    driver: usb\n',
      302,
      'c.yaml:3:13: boards[0].driver is "usb", it must be local or ssh',
    ],
    [
      'a folder that leads out of the home folder',
      `${SSH_BOARD}    agent: true\n    folder: ../other\n`,
      302,
      'c.yaml:7:13: boards[0].folder is "../other", it must be a folder below the home folder there, without . and ..',
    ],
    [
      'a fingerprint that is none',
      `${SSH_BOARD}    agent: true\n    fingerprint: MD5:00\n`,
      302,
      'c.yaml:7:18: boards[0].fingerprint is "MD5:00", it must be a fingerprint as ssh-keygen -lf prints it: SHA256: and 43 characters',
    ],
    [
      'a label with a comma',
      'boards:\n  - name: a\n    labels: { gpu: "a,b" }\n',
      302,
      'c.yaml:3:20: boards[0].labels.gpu is "a,b", it must be up to 63 characters of A-Z a-z 0-9 . _ / -',
    ],
    [
      'a value behind an alias',
      'drain_timeout: &t -1\nstop_timeout: *t\n',
      302,
      'c.yaml:1:19: drain_timeout is -1, it must be an integer of 1 or more',
    ],
    ['a list in place of keys', '- name: a\n', 302, 'c.yaml:1:1: the file must hold keys and values, such as "boards:"'],
    ['plain words', 'boards\n', 302, 'c.yaml:1:1: the file must hold keys and values, such as "boards:"'],
    ['an open bracket', 'boards: [\n', 302, /^c\.yaml:2:1: not valid YAML: /],
    ['a tab', 'boards:\n\t- name: a\n', 302, /^c\.yaml:2:\d+: not valid YAML: .*[Tt]ab/],
    ['a second document', 'log_level: info\n---\nlog_level: warn\n', 302, /^c\.yaml:2:1: not valid YAML: /],
  ])('%s', (_, text, code, line) => {
    const refused = refusal(text.includes('driver: ssh') ? `${text}${LISTEN}` : text)
    expect(refused.code).toBe(code)
    if (typeof line === 'string') expect(refused.lines[0]).toBe(line)
    else expect(refused.lines[0]).toMatch(line)
  })

  it('names every problem, in the order of the file', () => {
    const { lines, details } = refusal('log_level: loud\nbords: []\ndefaults:\n  queue_limit: many\n')
    expect(lines.map((line) => line.split(': ')[0])).toEqual(['c.yaml:1:12', 'c.yaml:2:1', 'c.yaml:4:16'])
    expect(details).toMatchObject({
      file: 'c.yaml',
      problems: [
        { line: 1, field: 'log_level' },
        { line: 2, field: 'bords' },
        { line: 4, column: 16, field: 'defaults.queue_limit' },
      ],
    })
  })
})

describe('a configuration file', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'aicluster-config-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  it('is read from its path', async () => {
    writeFileSync(join(folder, 'c.yaml'), 'log_level: warn\n')
    expect((await loadClusterFile(join(folder, 'c.yaml'))).log_level).toBe('warn')
  })

  it('that is missing is 301 and named', async () => {
    const path = join(folder, 'none.yaml')
    await expect(loadClusterFile(path)).rejects.toMatchObject({
      code: 301,
      message: expect.stringContaining(`${path}: there is no such file`),
    })
  })

  it('that is a folder is 301 and named', async () => {
    await expect(loadClusterFile(folder)).rejects.toMatchObject({
      code: 301,
      message: expect.stringContaining(`${folder}: it is a folder`),
    })
  })

  describeUnless(
    process.getuid?.() === 0 ? 'root may read every file: run the tests as another user' : undefined,
    'without the right to read it',
    () => {
      it('is 301 and named', async () => {
        const path = join(folder, 'secret.yaml')
        writeFileSync(path, '')
        chmodSync(path, 0)
        await expect(loadClusterFile(path)).rejects.toMatchObject({
          code: 301,
          message: expect.stringContaining(`${path}: you may not read it`),
        })
      })
    },
  )
})
