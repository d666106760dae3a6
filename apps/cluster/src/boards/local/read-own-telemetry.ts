import { constants } from 'node:fs'
import { access, readdir, readFile, statfs } from 'node:fs/promises'
import { availableParallelism, loadavg } from 'node:os'
import { delimiter, join } from 'node:path'
import type { BoardTelemetryView, GpuTelemetryView } from '@aicluster/protocol'
import { NVIDIA_SMI_ARGUMENTS, parseGpus, TEGRASTATS_ARGUMENTS } from '../telemetry/gpu-figures'
import { parseMemory, parseTemperature } from '../telemetry/linux-figures'
import { runHere } from './run-here'

const GPU_LIMITS = { timeoutMs: 3000, maxOutputBytes: 64 * 1024 } as const
const SENSORS = '/sys/class/thermal'

export interface OwnTelemetryOptions {
  /** Of which file system room is told. */
  diskPath: string
  /** Ends what was started for it. */
  signal?: AbortSignal
  /** ms since 1970. */
  now?: () => number
}

/** What a board over SSH tells, of this machine: read from files; no program is started where there is no GPU. Nothing fails: what is not told is null. */
export async function readOwnTelemetry({ diskPath, signal, now = Date.now }: OwnTelemetryOptions): Promise<BoardTelemetryView> {
  const [memory, disk, sensors, gpus] = await Promise.all([
    textOf('/proc/meminfo'),
    statfs(diskPath).catch(() => statfs('/')),
    sensorLines(),
    readGpus(signal),
  ])
  const [one = 0, five = 0, fifteen = 0] = loadavg()
  return {
    at: new Date(now()).toISOString(),
    cpus: availableParallelism(),
    load: [one, five, fifteen],
    ...parseMemory(memory),
    disk_total_bytes: disk.blocks * disk.bsize,
    disk_free_bytes: disk.bavail * disk.bsize,
    temperature_celsius: parseTemperature(sensors),
    gpus,
  }
}

async function sensorLines(): Promise<string> {
  const zones = (await readdir(SENSORS).catch(() => [])).filter((name) => name.startsWith('thermal_zone'))
  const lines = await Promise.all(
    zones.map(async (zone) => {
      const [degrees, type] = await Promise.all(['temp', 'type'].map((name) => textOf(join(SENSORS, zone, name))))
      return `${degrees} ${type}`
    }),
  )
  return lines.join('\n')
}

async function readGpus(signal: AbortSignal | undefined): Promise<GpuTelemetryView[]> {
  const [nvidiaSmi, tegrastats] = await Promise.all([
    printed('nvidia-smi', ['nvidia-smi', ...NVIDIA_SMI_ARGUMENTS], signal),
    // It prints for ever, and ends with its first words after nobody listens.
    printed('tegrastats', ['timeout', '1', 'tegrastats', ...TEGRASTATS_ARGUMENTS], signal),
  ])
  return parseGpus(nvidiaSmi, tegrastats)
}

/** What a program prints; nothing where it is not installed, or fails. */
async function printed(program: string, words: readonly [string, ...string[]], signal: AbortSignal | undefined): Promise<string> {
  if (!(await isInstalled(program))) return ''
  return runHere('local', words, { ...GPU_LIMITS, signal }).then(
    ({ stdout }) => stdout.toString('utf8'),
    () => '',
  )
}

/** Looked for without starting anything: that would be for nothing on most machines, every time. */
async function isInstalled(program: string): Promise<boolean> {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  const found = await Promise.all(
    folders.map((folder) =>
      access(join(folder, program), constants.X_OK).then(
        () => true,
        () => false,
      ),
    ),
  )
  return found.includes(true)
}

const textOf = (path: string): Promise<string> =>
  readFile(path, 'utf8').then(
    (text) => text.trim(),
    () => '',
  )
