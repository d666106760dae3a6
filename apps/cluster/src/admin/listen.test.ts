import { join } from 'node:path'
import { type TempFolder, tempFolder } from '@aicluster/testing'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AdminPages, type AdminSource } from './admin-pages'
import { AdminServer } from './admin-server'
import { listenAdmin } from './listen'

let folder: TempFolder
const open: AdminServer[] = []
beforeEach(async () => {
  folder = await tempFolder()
})
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()))
  await folder.remove()
})

const source = { dataPlane: { call: () => Promise.resolve() }, plane: () => undefined } as unknown as AdminSource

/** One more manager's admin server; its port. */
async function start(port: number | 'auto', stateFolder: string): Promise<{ port: number; end(): Promise<void> }> {
  const server = new AdminServer(new AdminPages(source), pino({ level: 'silent' }))
  open.push(server)
  const url = new URL(await listenAdmin(server, { enabled: true, host: '127.0.0.1', port }, join(folder.path, `${stateFolder}.json`)))
  expect((await fetch(new URL('/livez', url))).status).toBe(200)
  return { port: Number(url.port), end: () => server.close() }
}

describe('the port of the admin server', () => {
  it('is a free one where another manager has the default, and the same one again after a restart', async () => {
    await start('auto', 'first')
    const second = await start('auto', 'second')
    await second.end()
    await expect(start('auto', 'second')).resolves.toMatchObject({ port: second.port })
  })

  it('is chosen by the system for 0, and kept', async () => {
    const first = await start(0, 'a')
    const second = await start(0, 'b')
    expect(second.port).not.toBe(first.port)
    await first.end()
    await expect(start(0, 'a')).resolves.toMatchObject({ port: first.port })
  })

  it('is the configured one, or the start fails and says who has it', async () => {
    const { port } = await start(0, 'a')
    const error = await start(port, 'b').catch((reason: Error) => reason)
    expect((error as Error).message).toContain(`port ${port} (admin.port) on 127.0.0.1 is in use`)
    if (process.platform === 'linux') expect((error as Error).message).toContain(`(pid ${process.pid})`)
  })
})
