import { join } from 'node:path'
import { AICluster } from '@aicluster/host-sdk'
import { describeUnless } from '@aicluster/vitest-preset/skip'
import { expect, it } from 'vitest'
import { CliWorld } from '../cli/aicluster'
import { contentOf } from '../worlds/keys'
import { containersOn } from './board-facts'
import { fingerprintOf } from './broken-boards'
import { refusalOf } from './on-board'
import { dockerConfig, rigMissing, sharedRig } from './rig-world'

/** No time-out is waited for where somebody is refused, in ms. */
const SOON_MS = 4_000

describeUnless(rigMissing, 'a fresh machine, and one flag', () => {
  it('makes a cluster of the network that is encrypted: a key infers, no key and a revoked one are refused', async () => {
    await using world = await CliWorld.open()
    const { managerAddress } = sharedRig()
    const up = await world.json('up', '--detach', '--listen', managerAddress)
    expect(up).toMatchObject({ exitCode: 0, value: { ports: { inference: expect.any(Number) } } })
    const board = sharedRig().board(1)
    await board.restore()
    const how = ['--no-write', '--identity-file', sharedRig().identityFile, '--yes', '--fingerprint', fingerprintOf(board.hostKey)]
    expect(await world.json('boards', 'add', 'far', `root@${board.address}`, ...how)).toMatchObject({ exitCode: 0, value: { state: 'up' } })
    const file = world.file('echo.json', JSON.stringify(await dockerConfig('echo', 'echo')))
    expect(await world.json('load', file, '--board', 'far')).toMatchObject({ exitCode: 0 })

    const keyFile = join(world.folder, 'k')
    expect((await world.run(['keys', 'add', 'camera', '--out', keyFile])).exitCode).toBe(0)

    const { address, curve, ports } = contentOf(keyFile)
    expect(address).toBe(managerAddress)
    expect((await world.json('keys', 'ls')).value).toMatchObject([{ name: 'camera', may: 'infer' }])
    const connect = { keyFile, connectTimeoutMs: 10_000 }
    const camera = await AICluster.connect(connect)
    await expect(camera.infer('echo', Uint8Array.of(1))).resolves.toMatchObject({ result: { board: 'far' } })
    await camera.release()

    const endpoint = { host: address, inferencePort: ports.inference, managementPort: ports.management }
    const stranger = await refusalOf(AICluster.connect({ endpoint, connectTimeoutMs: 30_000 }))
    expect(stranger).toMatchObject({ code: 110, message: expect.stringContaining('no key was given') })
    expect(stranger.tookMs).toBeLessThan(SOON_MS)

    expect((await world.run(['keys', 'revoke', 'camera'])).exitCode).toBe(0)
    const revoked = await refusalOf(AICluster.connect({ ...connect, connectTimeoutMs: 30_000 }))
    expect(revoked).toMatchObject({ code: 110, message: expect.stringContaining('does not admit this key') })
    expect(revoked.tookMs).toBeLessThan(SOON_MS)
    expect((await world.json('keys', 'ls')).value).toEqual([])
    expect((await world.run(['keys', 'init'])).stdout).toContain(curve.server_key)
    expect((await world.run(['unload', '--all'])).exitCode).toBe(0)
    expect(await containersOn(board)).toEqual({})
    expect((await world.run(['down'])).exitCode).toBe(0)
  })
})
