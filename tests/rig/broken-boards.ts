import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { RigBoard } from '@aicluster/rig'
import { eventually } from '../worlds/eventually'
import type { World } from '../worlds/world'
import { boardEntry, sharedRig } from './rig-world'

/** One thing that keeps a manager from a board, as an entry of `cluster.yaml` of its own. */
export interface BrokenBoard {
  entry: Record<string, unknown> & { name: string }
  /** What the manager says. */
  reason: RegExp
  /** What `boards check` says, and what it says to do. */
  check: { what: RegExp; cure: RegExp }
  /** Break the board. */
  spoil?: () => Promise<void>
  /** What a person would do. */
  mend: (world: World) => Promise<unknown>
}

/** An Engine of 2019, as far as anybody asks it. */
const OLD_ENGINE = `
const version = { Version: '19.03.15', ApiVersion: '1.40', MinAPIVersion: '1.12', Os: 'linux', Arch: 'amd64' }
const answers = { version, info: { OSType: 'linux', Architecture: 'x86_64', NCPU: 4, MemTotal: 1e9, ServerVersion: '19.03.15' } }
require('node:http').createServer((request, response) => {
  const word = request.url.split('/').pop().split('?')[0]
  response.setHeader('Content-Type', 'application/json')
  response.end(word === '_ping' ? 'OK' : JSON.stringify(answers[word] ?? { message: 'page not found' }))
}).listen(process.argv[1])`

const AUTHORIZED_KEYS = '/etc/ssh/authorized_keys'
const OLD_SOCKET = '/run/old-engine.sock'
const MISSING_SOCKET = '/run/no-engine.sock'
const CLOSED_PORT = 2201
const HANGING_PORT = 2202
const START_LIMIT_MS = 5_000

/** As `ssh-keygen -lf` prints it. */
export const fingerprintOf = (hostKey: string): string => {
  const blob = Buffer.from(hostKey.split(' ')[1] as string, 'base64')
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`
}

/** Every way in which boards 2 and 3 can be kept from a manager, at the same time. @param folder - for keys and the like */
export async function brokenBoards(folder: string): Promise<BrokenBoard[]> {
  const [second, third] = [sharedRig().board(2), sharedRig().board(3)]
  const key = join(folder, 'stranger')
  await promisify(execFile)('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'stranger', '-f', key])
  const written = (name: string, content: string): string => {
    writeFileSync(join(folder, name), content)
    return join(folder, name)
  }
  /** Each has a folder of its own there, so that only the Engine tells that some are one machine. */
  const entry = (board: RigBoard, name: string, more: object) => ({ ...boardEntry(board), name, folder: `.aicluster/${name}`, ...more })
  const fingerprint = fingerprintOf(second.hostKey)
  const trust = (name: string, board: RigBoard) => (world: World) => world.cluster.trustBoard(name, fingerprintOf(board.hostKey))
  const nowhere = `${sharedRig().names.subnet}.250`
  const link = (socket: string) => third.exec(['ln', '-sf', '/var/run/docker.sock', socket])
  return [
    {
      entry: entry(second, 'stranger', { identity_file: key }),
      reason: /user "root" was not let in with key .*stranger/,
      check: { what: /user "root" was not let in with key/, cure: /is its public key in ~\/\.ssh\/authorized_keys there\?/ },
      mend: async ({ cluster }) => {
        await second.exec(['tee', '--append', AUTHORIZED_KEYS], { input: readFileSync(`${key}.pub`, 'utf8') })
        // By itself the manager comes again in minutes.
        await cluster.checkBoards('stranger')
      },
    },
    {
      entry: entry(second, 'changed', { user: 'board', known_hosts: written('changed', `${second.address} ${third.hostKey}\n`) }),
      reason: new RegExp(`it shows ${escaped(fingerprint)} .*expected ${escaped(fingerprintOf(third.hostKey))}`),
      check: { what: /it shows the host key SHA256:.*, known is SHA256:/, cure: /aicluster boards trust changed/ },
      mend: trust('changed', second),
    },
    {
      entry: entry(third, 'unknown', { user: 'board', known_hosts: written('unknown', '') }),
      reason: new RegExp(`${escaped(fingerprintOf(third.hostKey))}.*aicluster boards trust unknown`),
      check: { what: /its host key SHA256:.* is unknown/, cure: /aicluster boards trust unknown/ },
      mend: trust('unknown', third),
    },
    {
      entry: entry(second, 'closed', { port: CLOSED_PORT, fingerprint }),
      reason: /nothing listens there \(ECONNREFUSED\)/,
      check: { what: /nothing listens there/, cure: /is sshd running, is the port right\?/ },
      mend: () => startSshd(second, CLOSED_PORT),
    },
    {
      entry: entry(second, 'dead', { address: nowhere, fingerprint }),
      reason: /it did not answer within 3000 ms|the machine cannot be reached \(EHOSTUNREACH\)/,
      check: { what: /did not answer|cannot be reached/, cure: /is it on, is the address right\?/ },
      mend: () => second.exec(['ip', 'addr', 'add', `${nowhere}/24`, 'dev', 'eth0']),
    },
    {
      entry: entry(second, 'hanging', { port: HANGING_PORT, fingerprint }),
      reason: /its SSH server did not answer within 5000 ms/,
      check: { what: /its SSH server did not answer within 5000 ms/, cure: /is the port right\?/ },
      spoil: async () => {
        await startSshd(second, HANGING_PORT)
        await signalSshd(second, HANGING_PORT, 'STOP')
      },
      mend: () => signalSshd(second, HANGING_PORT, 'CONT'),
    },
    {
      entry: entry(third, 'engineless', { engine_socket: MISSING_SOCKET }),
      reason: /there is no \/run\/no-engine\.sock: is Docker installed and its Engine running\?/,
      check: { what: /there is no \/run\/no-engine\.sock/, cure: /is Docker installed and its Engine running\?/ },
      mend: () => link(MISSING_SOCKET),
    },
    {
      entry: entry(third, 'old', {
        address: `${sharedRig().names.subnet}.251`,
        fingerprint: fingerprintOf(third.hostKey),
        engine_socket: OLD_SOCKET,
      }),
      reason: /Docker Engine 19\.03\.15 \(API 1\.40\) is too old: install Docker Engine 20\.10/,
      check: { what: /its Docker Engine 19\.03\.15 \(API 1\.40\) is too old/, cure: /install Docker Engine 20\.10/ },
      spoil: async () => {
        await third.exec(['ip', 'addr', 'add', `${sharedRig().names.subnet}.251/24`, 'dev', 'eth0'])
        const start = 'setsid "$0" --eval "$1" "$2" </dev/null >/dev/null 2>&1 &'
        await third.exec(['sh', '-c', start, process.execPath, OLD_ENGINE, OLD_SOCKET])
        await eventually('the old Engine', async () => (await third.exec(['test', '-S', OLD_SOCKET])).code === 0, START_LIMIT_MS)
      },
      mend: () => link(OLD_SOCKET),
    },
  ]
}

/** Boards 2 and 3 are as they were before {@link brokenBoards}. */
export async function undoBroken(): Promise<void> {
  const [second, third] = [sharedRig().board(2), sharedRig().board(3)]
  await second.exec(['sed', '--in-place', '/ stranger$/d', AUTHORIZED_KEYS])
  await second.exec(['ip', 'addr', 'del', `${sharedRig().names.subnet}.250/24`, 'dev', 'eth0'])
  await third.exec(['ip', 'addr', 'del', `${sharedRig().names.subnet}.251/24`, 'dev', 'eth0'])
  for (const board of [second, third]) {
    await board.off()
    await board.restore()
  }
}

async function startSshd(board: RigBoard, port: number): Promise<void> {
  const options = ['-o', `PidFile=/run/sshd-${port}.pid`, '-p', String(port)]
  await board.exec(['/usr/sbin/sshd', '-f', '/etc/ssh/sshd_config', ...options])
  await eventually('the sshd', async () => (await board.exec(['test', '-s', `/run/sshd-${port}.pid`])).code === 0, START_LIMIT_MS)
}

const signalSshd = (board: RigBoard, port: number, signal: string): Promise<unknown> =>
  board.exec(['sh', '-c', 'kill -s "$1" "$(cat "$0")"', `/run/sshd-${port}.pid`, signal])

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
