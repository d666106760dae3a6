import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import Docker from 'dockerode'
import { pack } from 'tar-stream'
import { describe, expect, it, onTestFinished } from 'vitest'
import { wordsOf } from './engine-replies'
import { guardReplies } from './guard-replies'
import { imageUser } from './image-user'

/** An Engine that answers as it is told. */
async function engineThat(answer: RequestListener, askMs?: number): Promise<Docker> {
  const folder = await mkdtemp(join(tmpdir(), 'aicluster-engine-'))
  const socketPath = join(folder, 'engine.sock')
  const server = createServer(answer).listen(socketPath)
  onTestFinished(async () => {
    server.closeAllConnections()
    server.close()
    await rm(folder, { recursive: true })
  })
  await new Promise((resolve) => server.once('listening', resolve))
  return guardReplies(new Docker({ socketPath }), askMs)
}

/** Until nobody wants more. */
const ENDLESS = () => Readable.from(endlessly(Buffer.alloc(64 * 1024, 'x')), { objectMode: false })
function* endlessly(piece: Buffer): Generator<Buffer> {
  for (;;) yield piece
}

describe('a reply of an Engine', () => {
  it('is what dockerode makes of it: an object, bytes, or an error with the Engine’s words', async () => {
    const engine = await engineThat((request, response) => {
      if (request.url === '/info') response.end('{"ID":"x"}')
      else if (request.url === '/_ping') response.end('OK')
      else response.writeHead(404, { 'content-type': 'application/json' }).end('{"message":"No such container: x"}')
    })
    expect(await engine.info()).toEqual({ ID: 'x' })
    expect(String(await engine.ping())).toBe('OK')
    await expect(engine.getContainer('x').inspect()).rejects.toMatchObject({
      statusCode: 404,
      reason: 'no such container',
      json: { message: 'No such container: x' },
      message: '(HTTP code 404) no such container - No such container: x ',
    })
    const refused = await engine
      .getContainer('x')
      .getArchive({ path: '/' })
      .catch((error: unknown) => error)
    expect(wordsOf(refused)).toBe('No such container: x')
  })

  it('that breaks off is an error, and no wait without end', async () => {
    const engine = await engineThat((_, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('{"ID":')
      setImmediate(() => response.destroy())
    })
    await expect(engine.info()).rejects.toMatchObject({ code: 'ECONNRESET' })
  })

  it('that never comes is not waited for', async () => {
    const engine = await engineThat(() => {}, 50)
    for (const asked of [engine.version(), engine.info(), engine.listContainers(), engine.getContainer('x').inspect()]) {
      await expect(asked).rejects.toThrow('its Docker Engine did not answer within 50 ms: it hangs')
    }
  })

  it('that stops in its middle is not waited for', async () => {
    const engine = await engineThat((_, response) => response.writeHead(200).write('{"ID":'), 300)
    await expect(engine.info()).rejects.toThrow('did not answer within 300 ms')
  })

  it('that does not end is cut off, also where it tells of an error', async () => {
    const engine = await engineThat((request, response) => {
      response.statusCode = request.url?.startsWith('/info') ? 200 : 500
      ENDLESS()
        .on('error', () => {})
        .pipe(response)
    })
    const tooMuch = 'the Engine answered with more than 16777216 bytes'
    await expect(engine.info()).rejects.toThrow(tooMuch)
    await expect(engine.getEvents()).rejects.toThrow(tooMuch)
  })

  it('is no longer waited for when nobody wants it', async () => {
    const engine = await engineThat(() => {})
    const abort = new AbortController()
    const asked = engine.listContainers({ abortSignal: abort.signal })
    abort.abort()
    await expect(asked).rejects.toMatchObject({ name: 'AbortError' })
  })
})

it('an archive that does not end is not searched for a user', async () => {
  const tar = pack()
  tar.entry({ name: 'passwd' }, '')
  tar.finalize()
  const header = (await buffer(tar as unknown as NodeJS.ReadableStream)).subarray(0, 512)
  const archive = Readable.from(endlessly(header), { objectMode: false })
  const container = { getArchive: async () => archive } as unknown as Docker.Container
  await expect(imageUser(container, 'worker')).rejects.toThrow('the Engine answered with more than 16777216 bytes')
})
