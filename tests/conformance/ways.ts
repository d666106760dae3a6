import type { AICluster, InferCallback, ManageCallback } from '@aicluster/host-sdk'
import { expect } from 'vitest'
import { eventually } from '../worlds/eventually'
import { Recorder } from '../worlds/recorder'
import { argumentsOf, callMethod, usesInferCallback } from './api-calls'
import { commandOf, type ErrorRow } from './error-table'
import { argumentName, expectCodeAndMessage, expectErrorOf, messageStart } from './expected-error'
import type { Attempt, Happening } from './provocation'
import { rawCall, rawCallAsync } from './raw-command'

/** What somebody is told: `[code, message, …]`, from whichever callback. */
type Told = Recorder<[code: number, message: string, ...rest: unknown[]]>
const recorder = (): Told => new Recorder()

/** The promise rejects. The call never throws, and returns before it does. */
export async function proveRejection(row: ErrorRow, attempt: Attempt): Promise<void> {
  const call = makeCall(row, attempt)
  expect(call).toBeInstanceOf(Promise)
  const outcome = (call as Promise<unknown>).then(
    (value) => expect.unreachable(`it resolved to ${JSON.stringify(value)}`),
    (error: unknown) => error,
  )
  await attempt.meanwhile?.()
  const error = await outcome
  expectErrorOf(row, fillsOf(row, attempt), error)
  expectCause(attempt, (error as Error).message)
}

/** The `…Async` form throws at once, and nobody is called back. */
export async function proveThrow(row: ErrorRow, attempt: Attempt): Promise<void> {
  const own = recorder()
  let thrown: unknown
  try {
    makeCall(row, attempt, attempt.withoutCallback ? undefined : own)
    expect.unreachable('it did not throw')
  } catch (error) {
    thrown = error
  }
  expectErrorOf(row, fillsOf(row, attempt), thrown)
  await aTurn()
  expect(own.calls).toEqual([])
}

/** The `…Async` form returns a number, then calls its own callback: once, with that number, and no common one. */
export async function proveOwnCallback(row: ErrorRow, attempt: Attempt, cluster: AICluster): Promise<void> {
  const [own, common] = [recorder(), recorder()]
  setCommon(cluster, common, common)
  await proveTold(row, attempt, own, own)
  expect(common.calls).toEqual([])
}

/** The same without a callback of its own: the common one for this kind of call is called, not the other. */
export async function proveCommonCallback(row: ErrorRow, attempt: Attempt, cluster: AICluster): Promise<void> {
  const [infer, manage] = [recorder(), recorder()]
  setCommon(cluster, infer, manage)
  const [meant, other] = usesInferCallback(row) ? [infer, manage] : [manage, infer]
  await proveTold(row, attempt, undefined, meant)
  expect(other.calls).toEqual([])
}

/** The event reaches the common manage callback and the emitter. */
export async function proveEvent(row: ErrorRow, { cluster, event, cmd, act, fills = [] }: Happening): Promise<void> {
  const [common, emitted] = [recorder(), new Recorder<[event: Error]>()]
  cluster.setCallback({ inferCallback: null, manageCallback: common.callback as ManageCallback })
  cluster.on(event, emitted.callback)
  try {
    await act()
    // Other containers come and go on the same stage.
    const isMeant = (message: string): boolean => message.startsWith(messageStart(row, fills))
    const told = await eventually('the manage callback', () => common.calls.find(([, message]) => isMeant(message)))
    const error = await eventually('the listener', () => emitted.calls.find(([{ message }]) => isMeant(message)))
    expect([told[0], told[2]]).toEqual([row.code, cmd])
    expectErrorOf(row, fills, error[0])
  } finally {
    cluster.off(event, emitted.callback)
  }
}

/** Nobody is set to be called back. */
export const clearCommon = (cluster: AICluster): void => setCommon(cluster, null, null)

/** A callback that must not be used: set for the other kind of call while none is set for this kind. */
export function setOnlyTheOther(row: ErrorRow, cluster: AICluster): void {
  const other = recorder()
  if (usesInferCallback(row)) setCommon(cluster, null, other)
  else setCommon(cluster, other, null)
}

async function proveTold(row: ErrorRow, attempt: Attempt, own: Told | undefined, meant: Told): Promise<void> {
  const requestNo = makeCall(row, attempt, own)
  expect(requestNo).toMatch(/^\d+$/)
  expect(meant.calls).toEqual([])
  await attempt.meanwhile?.()
  const [code, message, ...rest] = await meant.call()
  expectCodeAndMessage(row, fillsOf(row, attempt), code, message)
  expectCause(attempt, message)
  const expected = usesInferCallback(row) ? [undefined, undefined, requestNo] : [commandOf(row), undefined, requestNo]
  expect(rest).toEqual(expected)
  await aTurn()
  expect(meant.calls).toHaveLength(1)
}

function makeCall(row: ErrorRow, { cluster, on, args, raw }: Attempt, callback?: Told): unknown {
  const given = callback?.callback
  if (raw && cluster) {
    return row.notify === 'reject' ? rawCall(cluster, commandOf(row), raw) : rawCallAsync(cluster, commandOf(row), raw, given)
  }
  if (row.notify === 'reject') return callMethod(row, on, args)
  // A callback stands behind every other argument, given or not.
  const places = Math.max(args.length, argumentCount(row))
  return callMethod(row, on, [...Array.from({ length: places }, (_, place) => args[place]), given])
}

function expectCause({ cause }: Attempt, message: string): void {
  if (cause) expect(message).toMatch(cause)
}

const argumentCount = (row: ErrorRow): number => argumentsOf(row).length

const fillsOf = (row: ErrorRow, { fills }: Attempt): readonly string[] => fills ?? (row.args ?? []).map(argumentName)

/** Common callbacks for outcomes alone: events of other containers come in between. */
const setCommon = (cluster: AICluster, infer: Told | null, manage: Told | null): void =>
  cluster.setCallback({
    inferCallback: infer && (infer.callback as InferCallback),
    manageCallback: manage && ((...told) => void (EVENTS.has(told[0]) || manage.callback(...told))),
  })

const EVENTS = new Set([112, 113, 114])

const aTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
