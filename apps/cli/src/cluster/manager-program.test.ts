import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { errorText, errorView } from '../cli-errors'
import { isOwnError, managerFailure, managerProgram } from './manager-program'
import { endpointOf, isRunning } from './manager-word'
import { stateFolder } from './state-folder'

it("the manager's program is found", () => {
  expect(existsSync(managerProgram())).toBe(true)
})

describe('why a manager ended', () => {
  it('is what it said itself, with name and code where it gave them', () => {
    const lines = ['aicluster-manager: InvalidArgumentError [302]: Specified Param Error: c.yaml:1:1: unknown key x', 'c.yaml:2:1: more']
    expect(lines.filter(isOwnError)).toEqual(lines.slice(0, 1))
    expect(errorText(errorView(managerFailure('exit code 1', lines)))).toBe(
      'InvalidArgumentError [302]: Specified Param Error: c.yaml:1:1: unknown key x\nc.yaml:2:1: more',
    )
  })

  it('is what it said itself without them too', () => {
    expect(errorText(errorView(managerFailure('exit code 1', ['aicluster-manager: port 1 is in use', ''])))).toBe(
      'ManagerError: port 1 is in use',
    )
  })

  it('is at least how it ended', () => {
    expect(managerFailure('by SIGKILL', []).message).toContain('by SIGKILL')
  })
})

describe('the state folder', () => {
  it.each([
    ['the option', '/given', { AICLUSTER_STATE: '/env' }, '/given'],
    ['AICLUSTER_STATE', undefined, { AICLUSTER_STATE: '/env', XDG_STATE_HOME: '/xdg' }, '/env'],
    ['XDG_STATE_HOME', undefined, { AICLUSTER_STATE: '', XDG_STATE_HOME: '/xdg' }, '/xdg/aicluster'],
  ])('is that of %s', (_, given, env, folder) => {
    expect(stateFolder(given, env)).toBe(folder)
  })
})

it('an address is written as --endpoint takes it', () => {
  const ports = { inference: 1, management: 2, pub: 3, sub: 4 }
  expect(endpointOf({ address: 'ipc:///run/x' })).toBe('ipc:///run/x')
  expect(endpointOf({ address: '127.0.0.1', ports })).toBe('127.0.0.1:1:2')
  expect(endpointOf({ address: '::1', ports })).toBe('[::1]:1:2')
})

it('a process is running or it is not', () => {
  expect(isRunning(process.pid)).toBe(true)
  // Larger than any system's largest process number.
  expect(isRunning(2 ** 30)).toBe(false)
})
