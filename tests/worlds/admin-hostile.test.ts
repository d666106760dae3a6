import { writeFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AdminClient } from './admin-client'
import { eventually } from './eventually'
import { ManagerProcess } from './manager-process'
import { startWorld, type World } from './world'

let world: World
let admin: AdminClient
beforeAll(async () => {
  world = await startWorld()
  admin = new AdminClient(world)
})
afterAll(async () => {
  await world?.[Symbol.asyncDispose]()
})

/** A connection that says what it likes, and keeps what it hears. */
class RawClient implements Disposable {
  heard = ''
  ended = false
  private readonly socket: Socket

  constructor() {
    const { hostname, port } = new URL(admin.url)
    this.socket = connect(Number(port), hostname)
    this.socket.setEncoding('latin1').on('data', (text: string) => {
      this.heard += text
    })
    this.socket.on('close', () => {
      this.ended = true
    })
    this.socket.on('error', () => {})
  }

  say(text: string): this {
    this.socket.write(text)
    return this
  }

  /** Everything it has heard when the other side ends. */
  async toEnd(limitMs?: number): Promise<{ status: number; head: string; body: string }> {
    await eventually('the server to end the connection', () => this.ended, limitMs)
    const [head = '', body = ''] = this.heard.split('\r\n\r\n')
    return { status: Number(head.split(' ')[1]), head, body }
  }

  [Symbol.dispose](): void {
    this.socket.destroy()
  }
}

const ask = (text: string) => {
  const client = new RawClient()
  return client
    .say(text)
    .toEnd()
    .finally(() => client[Symbol.dispose]())
}
const errorOf = ({ body }: { body: string }) => (JSON.parse(body) as { error: { code: string; message: string } }).error

describe('the admin server', () => {
  it.each([
    'evil.example',
    'evil.example:47104',
    '127.0.0.1.evil.example',
    'localhost@evil.example',
    '10.0.0.1',
    '',
    '[::1',
    'localhost:http',
  ])('refuses a request for the host %j', async (host) => {
    const answer = await ask(`GET /metrics HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
    expect(answer.status).toBe(403)
    expect(errorOf(answer).code).toBe('forbidden_host')
  })

  it.each(['127.0.0.1', 'localhost:9', 'LOCALHOST', '[::1]:47104'])('answers a request for the host %s', async (host) => {
    const answer = await ask(`GET /livez HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
    expect(answer).toMatchObject({ status: 200, body: '{"live":true}\n' })
  })

  it.each([
    ['two hosts', 'GET /livez HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n'],
    ['no host', 'GET /livez HTTP/1.1\r\n\r\n'],
    ['a target that is a URL', 'GET http://evil.example/livez HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ['a body', 'GET /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbody'],
    ['a body in chunks', 'GET /livez HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['no HTTP', 'SSH-2.0-OpenSSH_9.6\r\n\r\n'],
  ])('refuses what has %s', async (_what, text) => {
    expect((await ask(text)).status).toBe(400)
  })

  it('takes no host from HTTP/1.0 either', async () => {
    expect((await ask('GET /livez HTTP/1.0\r\n\r\n')).status).toBe(403)
  })

  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE'])('does not do %s, and says what it does', async (method) => {
    const answer = await ask(`${method} /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n\r\n`)
    expect(answer.status).toBe(405)
    expect(answer.head).toContain('\r\nAllow: GET, HEAD\r\n')
    expect(errorOf(answer).code).toBe('method_not_allowed')
  })

  it('answers HEAD with the head alone', async () => {
    const answer = await ask('HEAD /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
    expect(answer.status).toBe(200)
    expect(answer.head).toMatch(/\r\nContent-Length: [1-9]\d+\r\n/)
    expect(answer.body).toBe('')
  })

  it.each(['/', '/metricsx', '/readyz/..%2f..%2fetc', '/livez/'])('has nothing under %s', async (path) => {
    const { status, value } = await admin.get(path)
    expect(status).toBe(404)
    expect(value).toMatchObject({ error: { code: expect.stringMatching(/^(not_found|unknown_inference)$/), message: expect.any(String) } })
  })

  it('lets no browser make anything of its answers', async () => {
    const { headers } = await fetch(`${admin.url}/livez`)
    expect(Object.fromEntries(headers)).toMatchObject({
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'cross-origin-resource-policy': 'same-origin',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    })
    expect(headers.has('access-control-allow-origin')).toBe(false)
  })

  it('refuses headers that are too large', async () => {
    const answer = await ask(`GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`)
    expect(answer.status).toBe(431)
    expect(errorOf(answer).code).toBe('headers_too_large')
  })

  it('does not wait for ever for a request that comes drop by drop', async () => {
    using client = new RawClient()
    client.say('GET /livez HTTP/1.1\r\nHost: loc')
    const answer = await client.toEnd(20_000)
    expect(answer.status).toBe(408)
    expect(errorOf(answer).code).toBe('request_timeout')
  })

  it('still answers while hundreds of silent connections are opened', async () => {
    const silent = Array.from({ length: 300 }, () => new RawClient().say('GET /livez HTTP/1.1\r\n'))
    try {
      for (let times = 0; times < 20; times++) expect((await admin.get('/livez')).status).toBe(200)
      await eventually('all but 64 of them to be gone', () => silent.filter(({ ended }) => !ended).length <= 64)
    } finally {
      for (const client of silent) client[Symbol.dispose]()
    }
    expect(world.manager.log.includes('"level":50')).toBe(false)
  })
})

describe('a manager', () => {
  it('without an admin server says so, and works', async () => {
    await using quiet = await startWorld({ config: { admin: { enabled: false } } })
    expect(quiet.manager.endpoint.admin).toBeUndefined()
    expect((await quiet.metrics()).adminUrl).toBeNull()
  })

  it('whose configured admin port is taken does not start, and says who has it', async () => {
    const server = createServer()
    const port = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
    })
    try {
      const file = join(world.folder, 'admin-taken.yaml')
      writeFileSync(file, JSON.stringify({ admin: { port } }))
      const state = join(world.folder, 't')

      const { code, stderr } = await ManagerProcess.spawn(file, state).end()

      expect(code).toBe(1)
      expect(stderr).toContain(`port ${port} (admin.port) on 127.0.0.1 is in use`)
      if (process.platform === 'linux') expect(stderr).toContain(`(pid ${process.pid})`)
      expect(stderr).not.toMatch(/^\s+at /m)
      // Nothing of it is left in the way of the next one.
      writeFileSync(file, '{}')
      const next = await ManagerProcess.start(file, state)
      next.kill('SIGINT')
      expect((await next.end()).code).toBe(0)
    } finally {
      server.close()
    }
  })
})
