import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { groupRemains, isAlive, signalGroup, startTimeOf } from './process-identity'
import { eventually, IDLE } from './test-board'

const startIdle = () => {
  const [file = '', ...args] = IDLE
  // A name with what would confuse a reader of /proc/<pid>/stat who splits at the first parenthesis.
  const child = spawn(file, args, { detached: true, stdio: 'ignore', argv0: ') R 1 (' })
  const pid = child.pid as number
  return { child, identity: { pid, startTime: startTimeOf(pid) as string } }
}

describe('the identity of a process', () => {
  it('holds while it runs and no longer', async () => {
    const { child, identity } = startIdle()
    expect(isAlive(identity)).toBe(true)
    expect(groupRemains(identity)).toBe(true)
    const exit = once(child, 'exit')
    signalGroup(identity, 'SIGKILL')
    await exit
    expect(isAlive(identity)).toBe(false)
    expect(groupRemains(identity)).toBe(false)
  })

  it('is not that of another process with the same number, which gets no signal', async () => {
    const { child, identity } = startIdle()
    const earlier = { ...identity, startTime: '1@another boot' }
    try {
      expect(isAlive(earlier)).toBe(false)
      expect(groupRemains(earlier)).toBe(false)
      signalGroup(earlier, 'SIGKILL')
      await eventually('a moment', () => true)
      expect(isAlive(identity)).toBe(true)
    } finally {
      signalGroup(identity, 'SIGKILL')
      const exit = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined
      await exit
    }
    expect(child.signalCode).toBe('SIGKILL')
  })

  it('never signals number 1 or 0, which would reach everybody', () => {
    for (const pid of [1, 0, -1, Number.NaN]) expect(() => signalGroup({ pid, startTime: '' }, 'SIGTERM')).not.toThrow()
  })
})
