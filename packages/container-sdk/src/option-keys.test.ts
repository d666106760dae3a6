import { describe, expect, it } from 'vitest'
import { World } from '../test/world'
import type { Connector } from './index'

const methods: Record<string, (connector: Connector, wrong: never) => unknown> = {
  receiveRequest: (connector, wrong) => connector.receiveRequest(wrong),
  receiveRequestImage: (connector, wrong) => connector.receiveRequestImage(wrong),
  receiveRequests: (connector, wrong) => connector.receiveRequests(wrong),
  serve: (connector, wrong) => connector.serve(() => undefined, wrong),
  publish: (connector, wrong) => connector.publish('x', {}, wrong),
  close: (connector, wrong) => connector.close(wrong),
}

describe('an unknown key of an options object', () => {
  it.each(Object.keys(methods))('is 302 in %s', async (method) => {
    await using world = await World.start()
    const connector = await world.connect()
    const call = async () => methods[method]?.(connector, { timeoutt: 5 } as never)
    await expect(call()).rejects.toMatchObject({ code: 302, message: expect.stringContaining('options: unknown key timeoutt') })
  })

  it('is 302 in open, with the one that was meant', async () => {
    await using world = await World.start()
    await expect(world.connect({ hostIP: 'a' } as never)).rejects.toMatchObject({
      code: 302,
      message: expect.stringContaining('options: unknown key hostIP, did you mean hostIp?'),
    })
  })
})

describe('a time-out in the place of the options object', () => {
  it('is 302, as the original’s receive_request(10) would otherwise wait for ever', async () => {
    await using world = await World.start()
    const connector = await world.connect()
    await expect(connector.receiveRequest(10 as never)).rejects.toMatchObject({
      code: 302,
      message: expect.stringContaining('{ timeout }'),
    })
  })
})
