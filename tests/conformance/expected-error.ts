import * as containerSdk from '@aicluster/container-sdk'
import * as hostSdk from '@aicluster/host-sdk'
import { expect } from 'vitest'
import type { ErrorRow } from './error-table'

/** Where an exception's class is not called what the seed calls it, with `Error` behind. */
const CLASS_NAMES: Record<string, string> = { APIConflict: 'ApiConflictError', SSHConnection: 'SshConnectionError' }

/** Arguments that have another name here, not only another case. */
const ARGUMENT_NAMES: Record<string, string> = { image_data: 'image', in_data: 'data' }

/** An argument of the seed as an application spells it here. */
export const argumentName = (seedName: string): string =>
  ARGUMENT_NAMES[seedName] ?? seedName.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase())

/** How the message of a row begins. @param fills - what stands in the holes, in order */
export function messageStart({ message }: ErrorRow, fills: readonly string[]): string {
  let next = 0
  return message.replace(/\{\w*\}/g, (hole) => fills[next++] ?? hole)
}

/** An error object has class, name, code and the beginning of the message of its row. */
export function expectErrorOf(row: ErrorRow, fills: readonly string[], error: unknown): void {
  const sdk = row.class === 'Connector' ? containerSdk : hostSdk
  expect(error).toBeInstanceOf(sdk.AIClusterError)
  if (row.exception !== null) {
    const className = CLASS_NAMES[row.exception] ?? `${row.exception}Error`
    expect(error).toBeInstanceOf(Reflect.get(sdk, className))
    expect((error as Error).name).toBe(className)
  }
  const { code, message } = error as hostSdk.AIClusterError
  expectCodeAndMessage(row, fills, code, message)
}

/** What a callback is told: code and message, no object. */
export function expectCodeAndMessage(row: ErrorRow, fills: readonly string[], code: number, message: string): void {
  expect({ code, message }).toEqual({ code: row.code, message: expect.stringMatching(startsWith(messageStart(row, fills))) })
}

const startsWith = (text: string): RegExp => new RegExp(`^${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`)
