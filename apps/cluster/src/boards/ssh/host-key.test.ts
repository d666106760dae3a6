import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { acceptHostKey } from './host-key'
import { knownKeysOf } from './known-hosts'

const KEY = Buffer.from('AAAAC3NzaC1lZDI1NTE5AAAAIERgWDUeC7pu7VaEgPVN+soHZCih/knS6cXxeA7QAAvH', 'base64')

it('host keys that are accepted at the same time are all known afterwards', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'aicluster-known-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const file = join(folder, 'own', 'known_hosts')
  const hosts = Array.from({ length: 20 }, (_, index) => `10.0.0.${index}`)

  await Promise.all(hosts.map((host) => acceptHostKey(file, host, 22, KEY)))

  const text = await readFile(file, 'utf8')
  expect(hosts.filter((host) => knownKeysOf(text, host, 22).accepted.length !== 1)).toEqual([])
})
