import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Dealer, Router } from 'zeromq'
import { eventually } from '../eventually'
import { type TempFolder, tempFolder } from '../temp-folder'
import { FaultDice } from './fault-dice'
import { makeSendFaulty } from './faulty-send'
import { KIND, testMessage } from './test-message'

const REQUEST = testMessage(KIND.request)
const MARK = testMessage(KIND.ack)
const LAST = Buffer.from('the last')
const OPTIONS = { linger: 0, receiveTimeout: 5_000, sendTimeout: 0 } as const

/** Two sockets whose messages all meet faults; acks pass, so that a test can tell that nothing more comes. */
async function faultyPair(folder: string) {
  const dice = new FaultDice(1)
  const pair = { delayMs: [20, 30] as [number, number] }
  const delayMs = () => pair.delayMs
  class FaultyDealer extends Dealer {}
  class FaultyRouter extends Router {}
  makeSendFaulty(FaultyDealer.prototype, { dice, leadingFrames: 0, delayMs })
  makeSendFaulty(FaultyRouter.prototype, { dice, leadingFrames: 1, delayMs })
  const endpoint = `ipc://${folder}/s`
  const router = new FaultyRouter({ ...OPTIONS, mandatory: true })
  await router.bind(endpoint)
  const dealer = new FaultyDealer({ ...OPTIONS, immediate: true, reconnectInterval: 10 })
  dealer.connect(endpoint)
  // With `immediate` a send fails until the connection stands.
  await eventually('the connection', () => dealer.send([MARK]).then(() => true))
  const [peer] = await router.receive()
  return Object.assign(pair, { dice, dealer, router: router as Router, endpoint, peer: peer as Buffer })
}

describe('a message between sockets with faults', () => {
  let folder: TempFolder
  let pair: Awaited<ReturnType<typeof faultyPair>>

  beforeEach(async () => {
    folder = await tempFolder()
    pair = await faultyPair(folder.path)
  })

  afterEach(async () => {
    pair.dealer.close()
    pair.router.close()
    await folder.remove()
  })

  /** What the router gets of this message and a mark behind it, without the routing id. */
  async function toRouter(frames: Buffer[], messages: number): Promise<Buffer[][]> {
    await pair.dealer.send(frames)
    await pair.dealer.send([MARK])
    const received: Buffer[][] = []
    while (received.length < messages) received.push((await pair.router.receive()).slice(1))
    return received
  }

  it('arrives unchanged as long as no rate is set', async () => {
    expect(await toRouter([REQUEST], 2)).toEqual([[REQUEST], [MARK]])
  })

  it('never arrives when it is lost', async () => {
    pair.dice.rates = { Requests: { lost: 1 } }

    expect(await toRouter([REQUEST], 1)).toEqual([[MARK]])
    expect(pair.dice.counts).toEqual({ lostRequests: 1 })
  })

  it('arrives twice when it is doubled', async () => {
    pair.dice.rates = { Requests: { doubled: 1 } }

    expect(await toRouter([REQUEST, Buffer.from('body')], 3)).toEqual([
      [REQUEST, Buffer.from('body')],
      [REQUEST, Buffer.from('body')],
      [MARK],
    ])
  })

  it('is overtaken when it is delayed, and arrives as it was when it was sent', async () => {
    pair.dice.rates = { Requests: { delayed: 1 } }
    const body = Buffer.from('body')
    const sent = toRouter([REQUEST, body], 2)
    body.fill(0)

    expect(await sent).toEqual([[MARK], [REQUEST, Buffer.from('body')]])
  })

  it('that is delayed beyond the end of its connection does not arrive over the next one', async () => {
    const { dealer, endpoint, dice } = pair
    dice.rates = { Requests: { delayed: 1 } }
    pair.delayMs = [200, 200]
    await dealer.send([REQUEST])
    pair.router.close()
    pair.router = new Router({ ...OPTIONS })
    await pair.router.bind(endpoint)
    const received: Buffer[][] = []
    void pair.router.receive().then((message) => received.push(message.slice(1)))
    await eventually('the next connection', async () => {
      await dealer.send([MARK])
      return received.length > 0
    })
    await new Promise((resolve) => setTimeout(resolve, 250))

    await dealer.send([MARK, LAST])

    while (received.at(-1)?.length !== 2) received.push((await pair.router.receive()).slice(1))
    expect(received).not.toContainEqual([REQUEST])
  })

  it('is shorter when it is truncated', async () => {
    pair.dice.rates = { Requests: { truncated: 1 } }
    const [[cut]] = (await toRouter([REQUEST], 2)) as [[Buffer]]

    expect(cut.length).toBeLessThan(REQUEST.length)
    expect(REQUEST.subarray(0, cut.length)).toEqual(cut)
  })

  it('from a router meets the same, behind its routing id', async () => {
    const reply = testMessage(KIND.result)
    pair.dice.rates = { Replies: { doubled: 1 } }
    await pair.router.send([pair.peer, reply])
    await pair.router.send([pair.peer, MARK])

    expect([await pair.dealer.receive(), await pair.dealer.receive(), await pair.dealer.receive()]).toEqual([[reply], [reply], [MARK]])
  })

  it('of another protocol passes untouched', async () => {
    pair.dice.rates = { Requests: { lost: 1 }, Replies: { lost: 1 }, Others: { lost: 1 } }
    await pair.dealer.send('hello')
    await pair.dealer.send([Buffer.from('x'), Buffer.from('y')])

    expect((await pair.router.receive()).slice(1)).toEqual([Buffer.from('hello')])
    expect((await pair.router.receive()).slice(1)).toEqual([Buffer.from('x'), Buffer.from('y')])
  })

  it('that is sent late to a closed socket troubles nobody', async () => {
    pair.dice.rates = { Requests: { delayed: 1 } }
    await pair.dealer.send([REQUEST])
    await pair.router.send([pair.peer, REQUEST])
    pair.dealer.close()
    pair.router.close()
    // An unhandled rejection would fail the run.
    await new Promise((resolve) => setTimeout(resolve, 60))

    expect(pair.dice.counts).toEqual({ delayedRequests: 2 })
  })
})
