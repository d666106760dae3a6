import { existsSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describeUnless } from '@aicluster/vitest-preset/skip'
import { expect, it } from 'vitest'
import { eventually } from '../local/test-board'
import { FakeEngine } from './fake-engine'
import { putCopy } from './put-copies'

const FDS = '/proc/self/fd'

function isOpen(path: string): boolean {
  return readdirSync(FDS).some((fd) => {
    try {
      return readlinkSync(join(FDS, fd)) === path
    } catch {
      return false
    }
  })
}

describeUnless(existsSync(FDS) ? undefined : 'no /proc to see open files in', 'a copy that an Engine does not take', () => {
  it('leaves no file open', async () => {
    await using engine = await FakeEngine.start({ 'PUT /containers/digits/archive': 500 })
    const From = join(engine.root, 'model.bin')
    // More than what lies in buffers on its way.
    writeFileSync(From, Buffer.alloc(8 * 1024 * 1024))

    await expect(putCopy(engine.machine.engine.getContainer('digits'), { From, To: '/data/model.bin' }, {})).rejects.toMatchObject({
      statusCode: 500,
    })

    await eventually('its end', () => !isOpen(From))
  })
})
