import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

/** What a later manager needs to adopt the program: `process.json` in the container's folder. */
const ProcessRecord = z.object({
  version: z.literal(1),
  /** Of the container, see `ContainerSpec`. */
  instance: z.string(),
  pid: z.number().int().min(2),
  /** See `ProcessIdentity`. */
  startTime: z.string().min(1),
  /** ISO 8601. */
  startedAt: z.iso.datetime(),
  /** Times it had been started again after an exit. */
  restarts: z.number().int().min(0),
  /** Where it looks for the manager, see `managerPlace`. Left out by earlier versions. */
  manager: z.record(z.string(), z.string()).optional(),
  /** Bytes in the logs when this run began. */
  logOffsets: z.object({ stdout: z.number().int().min(0), stderr: z.number().int().min(0) }),
})
export type ProcessRecord = z.infer<typeof ProcessRecord>

export const RECORD_FILE = 'process.json'

/**
 * Atomic: a reader sees the old record or the new one.
 *
 * Synchronous on purpose: a manager that dies between the start of a program and its record leaves one that has to be searched for.
 */
export function writeProcessRecord(folder: string, record: ProcessRecord): void {
  const temporary = join(folder, `${RECORD_FILE}.new`)
  writeFileSync(temporary, `${JSON.stringify(record)}\n`, { mode: 0o600 })
  renameSync(temporary, join(folder, RECORD_FILE))
}

/** `undefined` when there is none, or none that can be trusted. */
export function readProcessRecord(folder: string): ProcessRecord | undefined {
  try {
    return ProcessRecord.parse(JSON.parse(readFileSync(join(folder, RECORD_FILE), 'utf8')))
  } catch {
    return undefined
  }
}
