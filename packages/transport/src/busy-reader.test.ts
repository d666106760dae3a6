import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { type TempFolder, tempFolder } from '@aicluster/testing'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { ipcEndpoint } from './endpoint'
import { COMMON_OPTIONS } from './socket-options'

let folder: TempFolder
const children: ChildProcess[] = []
beforeEach(async () => {
  folder = await tempFolder()
})
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await folder.remove()
})

const start = (program: string, endpoint: string): ChildProcess => {
  const path = fileURLToPath(new URL(`../test/programs/${program}.mjs`, import.meta.url))
  const child = fork(path, [endpoint, JSON.stringify(COMMON_OPTIONS)], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
  children.push(child)
  return child
}

const says = async (child: ChildProcess, word: string): Promise<void> => {
  for (;;) if ((await once(child, 'message'))[0] === word) return
}

// libzmq 4.3.5 aborts (exit by SIGABRT) when the reader's mark is finite, full, and the peer that filled it dies behind heartbeats.
it('a reader that computes outlives a peer that floods it and is killed', async () => {
  const endpoint = ipcEndpoint(folder.path, 'inference')
  const reader = start('busy-reader', endpoint)
  await says(reader, 'bound')
  const busy = says(reader, 'busy')
  const peer = start('flooding-peer', endpoint)
  const ended = once(reader, 'exit')
  await busy
  peer.kill('SIGKILL')

  expect(await ended).toEqual([0, null])
}, 20_000)
