import { decodeMsgpack, encodeMsgpack } from '@aicluster/protocol'
import { pino } from 'pino'
import { expect, it } from 'vitest'
import type { ControlAnswer } from '../data-plane/control-messages'
import { GivenFiles } from '../given/given-files'
import { LOCAL_PRINCIPAL } from '../keys/principal'
import { CommandsInProgress } from './commands-in-progress'
import type { ControlPlane } from './control-plane'

/** Carry out a command where nothing is registered. @returns what its application hears */
async function answersTo(command: Uint8Array): Promise<ControlAnswer[]> {
  const answers: ControlAnswer[] = []
  const log = pino({ level: 'silent' })
  const plane = {
    options: { dataPlane: { answer: (answer: ControlAnswer) => answers.push(answer) }, log, config: { disabled_commands: [] } },
    given: new GivenFiles({ folder: '/nowhere', limitBytes: 1, registered: () => [], log }),
  } as unknown as ControlPlane
  await new CommandsInProgress(plane).run({ type: 'command', session: 1, request: 7, command, from: 'a', principal: LOCAL_PRINCIPAL })
  return answers
}

const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)])
const bytesAbout = (inferenceName: Buffer): Uint8Array => {
  const whole = Buffer.from(encodeMsgpack({ cmd: 'get_container_handler', inference_name: 0 }))
  return Buffer.concat([whole.subarray(0, -1), inferenceName])
}

it.each([
  ['nests as deep as a message may', Buffer.from(encodeMsgpack(nested(99))), 302],
  ['nests deeper', Buffer.concat([Buffer.alloc(5_000, 0x91), Buffer.from([1])]), 200],
  ['holds itself', Buffer.from('d6690000000191d67000000001', 'hex'), 200],
  ['is larger than any error', Buffer.from(encodeMsgpack(['x'.repeat(1_000_000)])), 302],
])('a command whose name %s ends with one error of modest size', async (_what, name, code) => {
  const [answer, ...more] = await answersTo(bytesAbout(name))

  expect(more).toEqual([])
  expect(answer).toMatchObject({ type: 'commandError', session: 1, request: 7 })
  const { payload } = answer as { payload: Uint8Array }
  expect(decodeMsgpack(payload)).toMatchObject({ code })
  expect(payload.length).toBeLessThan(300_000)
})
