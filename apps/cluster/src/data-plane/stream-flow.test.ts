import { createEnvelope, RecordFlag, RecordKind } from '@aicluster/protocol'
import { describe, expect, it } from 'vitest'
import { DispatchRequest } from '../dispatch/dispatch-request'
import { StreamWindow } from '../dispatch/stream-window'
import { DispatchWorld } from '../dispatch/test/dispatch-world'
import { LOCAL_PRINCIPAL } from '../keys/principal'
import type { ContainerSession } from './container-session'
import { HostOutcome } from './host-outcome'
import { HostSession } from './host-session'
import { StreamFlow } from './stream-flow'

const NUMBER = 5

/** A stream of two parts whose outcome is there, and whose reader has taken the first; its container is gone. */
function endedStream() {
  const world = new DispatchWorld()
  const session = new HostSession(7, 1, 'secret', 'here', 12, 30_000, LOCAL_PRINCIPAL)
  session.requests.up(false)
  const flow = new StreamFlow(world.dispatcher, 1)
  const request = new DispatchRequest(NUMBER, session, world.register())
  request.container = { connected: false } as ContainerSession
  request.stream = new StreamWindow()
  for (let part = 0; part < 2; part++) request.stream.pass(10)
  request.stream.take(1)
  const outcome = new HostOutcome(NUMBER, RecordKind.result, new Uint8Array(1), undefined, 0)
  outcome.part = 2
  flow.end(request, outcome)
  session.requests.outcomes.add(outcome)
  const acknowledge = () => session.requests.outcomes.acknowledged(0)
  const window = (part: number, flags = 0) => flow.onWindow(session, { ...createEnvelope(RecordKind.window), request: NUMBER, part, flags })
  return { flow, session, acknowledge, window }
}

describe('a stream whose outcome is there and whose container is gone', () => {
  it('is over once its reader says that it has taken every part', () => {
    const { flow, session, acknowledge, window } = endedStream()
    acknowledge()

    window(2)

    expect(flow.unread).toBe(0)
    expect(session.retained).toBe(0)
  })

  it('keeps its outcome until that is acknowledged, though its reader has every part', () => {
    const { session, acknowledge, window } = endedStream()

    window(2)

    expect(session.retained).toBe(1)
    acknowledge()
    expect(session.retained).toBe(0)
  })

  it('is kept while its reader has taken some of its parts only', () => {
    const { flow, acknowledge, window } = endedStream()
    acknowledge()

    window(1)

    expect(flow.unread).toBe(1)
  })

  it('is over when its reader misses a part: nobody can send it any more', () => {
    const { flow, window } = endedStream()

    window(1, RecordFlag.again)

    expect(flow.unread).toBe(0)
  })
})
