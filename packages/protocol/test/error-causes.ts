import type { ErrorKey } from '../src/index'
import { COMMAND_CAUSES } from './command-causes'
import { REQUEST_CAUSES } from './request-causes'

/** Why a failure happens, and what to do about it. */
export type CauseAndCure = readonly [cause: string, cure: string]

/** What docs/guides/errors.md says of each row of the table beside its cases. */
export const ERROR_CAUSES: Record<ErrorKey, readonly CauseAndCure[]> = { ...COMMAND_CAUSES, ...REQUEST_CAUSES }
