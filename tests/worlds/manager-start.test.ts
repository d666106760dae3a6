import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { AICluster } from '@aicluster/host-sdk'
import { afterEach, describe, expect, it } from 'vitest'
import { ManagerProcess } from './manager-process'
import { startWorld, type World } from './world'

describe('a manager that cannot start', () => {
  const open: AsyncDisposable[] = []

  afterEach(async () => {
    for (const resource of open.splice(0)) await resource[Symbol.asyncDispose]()
  })

  async function world(): Promise<World> {
    const started = await startWorld()
    open.push(started)
    return started
  }

  it('because another one has its state folder says so, with the pid, and the other one goes on', async () => {
    const { configFile, stateFolder, manager, cluster } = await world()

    const second = await ManagerProcess.spawn(configFile, stateFolder).end()

    expect(second.code).toBe(1)
    expect(second.stderr).toContain(`the state folder ${stateFolder} is in use by the manager with pid ${manager.pid}`)
    expect(second.stderr).toContain('--state')
    expect(second.stderr).not.toMatch(/^\s+at /m)
    await cluster.connectAICluster()
  })

  it('because a port is in use says which, and who holds it', async () => {
    const { folder } = await world()
    const server = createServer()
    const port = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
    })
    open.push({ [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())) })
    const listen = { transport: 'tcp', inference_port: 0, management_port: port, sub_port: 0, pub_port: 0 }
    writeFileSync(join(folder, 'taken.yaml'), JSON.stringify({ listen }))

    const { code, stderr } = await ManagerProcess.spawn(join(folder, 'taken.yaml'), join(folder, 't')).end()

    expect(code).toBe(1)
    expect(stderr).toContain(`port ${port} (listen.management_port) on 127.0.0.1 is in use`)
    if (process.platform === 'linux') expect(stderr).toContain(`(pid ${process.pid})`)
    expect(stderr).not.toMatch(/^\s+at /m)
  })

  it('because its configuration has a mistake names file and key', async () => {
    const { folder } = await world()
    const file = join(folder, 'wrong.yaml')
    writeFileSync(file, 'boards:\n  - name: left\nlog_levl: info\n')

    const { code, stderr } = await ManagerProcess.spawn(file, join(folder, 't')).end()

    expect(code).toBe(1)
    expect(stderr).toContain('wrong.yaml')
    expect(stderr).toContain('log_levl')
    expect(stderr).not.toMatch(/^\s+at /m)
  })
})

describe('connecting over TCP', () => {
  it('takes the token of the cluster: without it, or with another, it is 110', async () => {
    await using world = await startWorld({ transport: 'tcp' })
    const { address, ports } = world.manager.endpoint
    const endpoint = `${address}:${ports?.inference}:${ports?.management}`

    for (const token of ['', 'guessed']) {
      await expect(AICluster.connect({ endpoint, token })).rejects.toMatchObject({ code: 110, message: expect.stringContaining('token') })
    }

    // With the state folder the SDK finds it by itself.
    await using cluster = await world.connect()
    await cluster.connectAICluster()
  })
})

describe('connecting where no manager is', () => {
  it('is 110 and names the state folder and what to do', async () => {
    await expect(AICluster.connect({ stateFolder: '/nowhere/at/all' })).rejects.toMatchObject({
      code: 110,
      name: 'SocketConnectionError',
      message: expect.stringMatching(/state folder \/nowhere\/at\/all.*aicluster up/),
    })
  })

  it.each(['127.0.0.1:9', 'ipc:///tmp/aicw-nowhere'])('at %s is 110 after the connect time-out and names the address', async (endpoint) => {
    const startedAt = performance.now()

    await expect(AICluster.connect({ endpoint, connectTimeoutMs: 200 })).rejects.toMatchObject({
      code: 110,
      message: expect.stringContaining(endpoint.replace('ipc://', '')),
    })

    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(195)
    expect(performance.now() - startedAt).toBeLessThan(2_000)
  })

  it('with an endpoint that is none is 302', async () => {
    await expect(AICluster.connect({ endpoint: 'ipc://relative' })).rejects.toMatchObject({ code: 302 })
    await expect(AICluster.connect({ endpoint: 'host:99999' })).rejects.toMatchObject({ code: 302 })
  })

  it('where another program listens is 110', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => {})
      socket.write('220 mail.example.org ESMTP\r\n')
    })
    const port = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
    })
    try {
      await expect(AICluster.connect({ endpoint: `127.0.0.1:${port}:${port}`, connectTimeoutMs: 200 })).rejects.toMatchObject({ code: 110 })
    } finally {
      server.close()
    }
  })
})
