import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { BoardConfig, DEFAULT_ENGINE_SOCKET } from '../config/board-config'
import { probeBoard } from './probe-board'

const hasEngine = existsSync(DEFAULT_ENGINE_SOCKET)

const problemsOf = async (entry: object, usesEngine = false) => {
  const config = BoardConfig.parse({ name: 'here', driver: 'local', ...entry })
  const { problems } = await probeBoard(config, { ownKnownHosts: '/nowhere', owner: {} as never, usesEngine })
  return problems.map(({ what }) => what).filter((what) => what.includes('.sock'))
}

describe('a local board without a Docker Engine', () => {
  it('is healthy: its programs need none', async () => {
    expect(await problemsOf({})).toEqual([])
  })

  it.runIf(!hasEngine)('has a problem when something is registered there that runs on one', async () => {
    expect(await problemsOf({}, true)).toEqual([`there is no ${DEFAULT_ENGINE_SOCKET}`])
  })

  it('has a problem when its entry tells of one', async () => {
    expect(await problemsOf({ engine_socket: '/nowhere.sock' })).toEqual(['there is no /nowhere.sock'])
  })
})
