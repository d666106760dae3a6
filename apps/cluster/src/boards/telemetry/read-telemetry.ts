import type { BoardTelemetryView } from '@aicluster/protocol'
import type { Machine } from '../machine'
import { parseTelemetry, telemetryCommand } from './telemetry-command'

const LIMITS = { timeoutMs: 8000, maxOutputBytes: 64 * 1024 } as const

/**
 * Ask a machine for its load, memory, disk, temperature and GPUs: one command, nothing installed.
 *
 * @param diskPath - absolute, there: of which file system room is told
 * @throws SshConnectionError (500): it cannot be reached, or did not answer within 8 s
 */
export async function readTelemetry(machine: Machine, diskPath: string, now: () => number = Date.now): Promise<BoardTelemetryView> {
  const { stdout } = await machine.run(telemetryCommand(diskPath), LIMITS)
  return parseTelemetry(stdout.toString('utf8'), new Date(now()))
}
