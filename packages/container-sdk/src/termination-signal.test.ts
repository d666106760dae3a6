import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { TerminationSignal } from './termination-signal'

type Listener = () => void

let listeners: Set<Listener>
let exit: ReturnType<typeof vi.spyOn>

beforeEach(() => {
  vi.useFakeTimers()
  listeners = new Set()
  vi.spyOn(process, 'on').mockImplementation((_signal, listener) => {
    listeners.add(listener as Listener)
    return process
  })
  vi.spyOn(process, 'off').mockImplementation((_signal, listener) => {
    listeners.delete(listener as Listener)
    return process
  })
  exit = vi.spyOn(process, 'exit').mockImplementation(() => undefined as never)
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const signal = () => {
  for (const listener of listeners) listener()
}

describe('SIGTERM', () => {
  it('drains, and lets the process exit a moment after that if it does not by itself', async () => {
    let drained = () => {}
    const close = vi.fn(
      () =>
        new Promise<void>((resolve) => {
          drained = resolve
        }),
    )
    new TerminationSignal(close).listen()
    signal()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(close).toHaveBeenCalledOnce()
    expect(exit).not.toHaveBeenCalled()

    drained()
    await vi.advanceTimersByTimeAsync(999)
    expect(exit).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1)
    // Without an argument: 0, or what the program has set as its exit code.
    expect(exit).toHaveBeenCalledExactlyOnceWith()
  })

  it('a second time cuts the drain short, a third time ends the process at once', () => {
    const termination = new TerminationSignal(() => new Promise(() => {}))
    termination.listen()
    signal()
    expect(termination.isCutShort).toBe(false)
    signal()
    expect(termination.isCutShort).toBe(true)
    expect(exit).not.toHaveBeenCalled()
    signal()
    expect(exit).toHaveBeenCalledOnce()
  })

  it("is the program's own again when it closed by itself", () => {
    const termination = new TerminationSignal(() => Promise.resolve())
    termination.listen()
    termination.stop()
    expect(listeners.size).toBe(0)
  })
})
