import { expect, it } from 'vitest'
import { readEngineLog } from './engine-log'
import { FakeEngine } from './fake-engine'

/** As an Engine frames a piece of output. */
function entry(text: string): Buffer {
  const body = Buffer.from(`2024-01-01T00:00:00.000000001Z ${text}`)
  const head = Buffer.alloc(8)
  head[0] = 1
  head.writeUInt32BE(body.length, 4)
  return Buffer.concat([head, body])
}

it('a line that overwrites itself a quarter of a million times is read', async () => {
  const pieces = Array<Buffer>(15).fill(entry('\r'.repeat(16 * 1024)))
  await using engine = await FakeEngine.start({ 'GET /containers/digits/logs': Buffer.concat([...pieces, entry('ready\n')]) })

  const { lines } = await readEngineLog(engine.machine.engine.getContainer('digits'), { after: '0.0', lines: 0 })

  expect(lines.at(-1)).toBe('ready')
})
