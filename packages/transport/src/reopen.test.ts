import { eventually, tempFolder } from '@aicluster/testing'
import { afterEach, expect, it, onTestFinished, vi } from 'vitest'
import { Router } from 'zeromq'
import { ManagerEnd, PeerEnd } from '../test/ends'
import { ipcEndpoint } from './endpoint'

afterEach(() => {
  vi.useRealTimers()
})

async function managerEnd(): Promise<ManagerEnd> {
  const folder = await tempFolder()
  const end = await ManagerEnd.bind(ipcEndpoint(folder.path, 'inference'))
  onTestFinished(async () => {
    await end.link.close()
    await folder.remove()
  })
  return end
}

/** From now on somebody else has the endpoint. @returns how often it was tried */
function taken(): { tries: number; free(): void } {
  const bind = vi.spyOn(Router.prototype, 'bind')
  const seen = { tries: 0, free: () => bind.mockRestore() }
  bind.mockImplementation(() => {
    seen.tries++
    return Promise.reject(Object.assign(new Error('Address already in use'), { code: 'EADDRINUSE' }))
  })
  return seen
}

it('a socket whose endpoint somebody has taken says so, tries for ever, and is open when it is free', async () => {
  const manager = await managerEnd()
  vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] })
  const seen = taken()
  const told: string[] = []
  const reopening = manager.link.reopen((error) => told.push(error.message))
  while (seen.tries === 0) await new Promise(setImmediate)

  await vi.advanceTimersByTimeAsync(999)
  expect(told).toEqual([])
  await vi.advanceTimersByTimeAsync(3_600_000)

  expect(manager.link.isBound).toBe(false)
  expect(told[0]).toBe('Address already in use')
  expect(told.length).toBeGreaterThan(50)
  expect(told.length).toBeLessThanOrEqual(61)
  seen.free()
  await vi.advanceTimersByTimeAsync(2_000)
  await reopening
  vi.useRealTimers()
  expect(manager.link.isBound).toBe(true)
  await using peer = new PeerEnd(manager.endpoint)
  peer.link.connect()
  await eventually('the connection', () => peer.link.isUp)
})

it('a socket that is closed while it waits for its endpoint waits no more', async () => {
  const manager = await managerEnd()
  const seen = taken()
  onTestFinished(() => seen.free())
  const reopening = manager.link.reopen(() => {})
  await eventually('it tries', () => seen.tries > 1)

  await manager.link.close()

  await reopening
  expect(manager.link.isBound).toBe(false)
})

it('a socket that is to be opened anew many times at once is opened one time after another, and whoever asked meanwhile shares one', async () => {
  const manager = await managerEnd()
  const peer = new PeerEnd(manager.endpoint)
  onTestFinished(() => peer[Symbol.asyncDispose]())
  peer.link.connect()
  await eventually('the connection', () => peer.link.isUp)
  const binds = vi.spyOn(Router.prototype, 'bind').mockClear()
  onTestFinished(() => binds.mockRestore())

  const first = manager.link.reopen(() => {})
  // It begins in this very turn.
  await new Promise(process.nextTick)
  expect(manager.link.isBound).toBe(false)
  await Promise.all([first, ...Array.from({ length: 10 }, () => manager.link.reopen(() => {}))])

  expect(manager.link.isBound).toBe(true)
  const bound = await Promise.allSettled(binds.mock.results.map(({ value }) => value as Promise<void>))
  expect(bound.filter(({ status }) => status === 'fulfilled')).toHaveLength(2)
  await eventually('the connection again', () => peer.link.isUp)
})
