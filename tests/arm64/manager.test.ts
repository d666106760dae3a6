import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { AICluster } from '@aicluster/host-sdk'
import { tempFolder } from '@aicluster/testing'
import { describeUnless } from '@aicluster/vitest-preset/skip'
import { expect, inject, it } from 'vitest'
import { ECHO } from '../cli/aicluster'
import type { ReadyLine } from '../worlds/manager-process'
import { emulated } from './emulated'

const PROGRAM = fileURLToPath(new URL('../../apps/cluster/bin/aicluster-manager.mjs', import.meta.url))
const arm64 = inject('arm64')

describeUnless('missing' in arm64 ? arm64.missing : undefined, 'the manager on arm64', () => {
  it('puts a container on its local board, hands it a request and brings the answer back', async () => {
    await using folder = await tempFolder()
    const config = join(folder.path, 'cluster.yaml')
    writeFileSync(config, 'boards: [{ name: board1 }]\nadmin: { enabled: false }\n')
    const [qemu, ...words] = emulated('node' in arm64 ? arm64.node : '') as [string, ...string[]]
    const args = [...words, PROGRAM, '--config', config, '--state', join(folder.path, 's'), '--ready-json']
    const manager = spawn(qemu, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    try {
      const [line] = await once(createInterface(manager.stdout), 'line')
      const { address } = JSON.parse(line as string) as ReadyLine

      const cluster = await AICluster.connect({ endpoint: address })
      await cluster.loadInference({ name: 'echo', implementationType: 'other', runCommand: [process.execPath, ECHO] }, 'all')
      const { result } = await cluster.infer('echo', Buffer.from('through arm64'), { as: 'bytes' })
      expect(Buffer.from(result as Uint8Array).toString()).toBe('through arm64')
      await cluster.unloadInference()
      await cluster.release()

      manager.kill('SIGINT')
      expect(await once(manager, 'exit')).toEqual([0, null])
    } finally {
      manager.kill('SIGKILL')
    }
  })
})
