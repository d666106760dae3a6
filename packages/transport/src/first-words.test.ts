import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { RecordKind } from '@aicluster/protocol'
import { eventually } from '@aicluster/testing'
import { expect, it } from 'vitest'
import { ManagerEnd, PeerEnd } from '../test/ends'
import { endOfTurn, sendRequest, sendSignal } from '../test/records'
import { tcpEndpoint } from './endpoint'

/** A TCP address that nobody listens on. */
async function addressOfNobody(): Promise<string> {
  const placeholder = createServer().listen(0, '127.0.0.1')
  await once(placeholder, 'listening')
  const { port } = placeholder.address() as AddressInfo
  placeholder.close()
  await once(placeholder, 'close')
  return tcpEndpoint('127.0.0.1', port)
}

// Each time anew whether ZeroMQ learns of the connection before, between or after the records that come too early.
it.each(Array.from({ length: 40 }, (_, index) => index + 1))(
  'what a peer says when its connection comes up is the first that arrives, whatever it tried to say before (%i)',
  async () => {
    const address = await addressOfNobody()
    await using peer = new PeerEnd(address)
    peer.onUp = () => sendSignal(peer.link, RecordKind.hello)
    peer.link.connect()
    await using manager = await ManagerEnd.bind(address)
    for (let request = 1; !peer.link.isUp; request++) {
      sendRequest(peer.link, request)
      await endOfTurn()
    }
    await eventually('a record', () => manager.records.length > 0)
    expect(manager.records.map(({ kind }) => kind)).toEqual([RecordKind.hello])
  },
)
