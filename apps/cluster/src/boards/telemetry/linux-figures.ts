import type { BoardTelemetryView } from '@aicluster/protocol'

/** `0.52 0.58 0.59 1/467 12345` of /proc/loadavg. */
export function parseLoad(text: string): BoardTelemetryView['load'] {
  const [one, five, fifteen] = text.split(/\s+/).map(Number.parseFloat)
  return isFigure(one) && isFigure(five) && isFigure(fifteen) ? [one, five, fifteen] : null
}

/** /proc/meminfo, which counts in KiB. */
export function parseMemory(text: string): Pick<BoardTelemetryView, 'memory_total_bytes' | 'memory_used_bytes'> {
  const bytesOf = (key: string): number | undefined => {
    const match = text.match(new RegExp(`^${key}:\\s+(\\d{1,12}) kB`, 'm'))
    return match ? Number(match[1]) * 1024 : undefined
  }
  const total = bytesOf('MemTotal')
  // Kernels before 3.14 do not tell what is available.
  const available = bytesOf('MemAvailable') ?? bytesOf('MemFree')
  if (total === undefined || available === undefined) return { memory_total_bytes: total ?? null, memory_used_bytes: null }
  return { memory_total_bytes: total, memory_used_bytes: Math.max(0, total - available) }
}

/** The last line of `df -Pk`: device, KiB, used, free, percent, place. */
export function parseDisk(text: string): Pick<BoardTelemetryView, 'disk_total_bytes' | 'disk_free_bytes'> {
  const match = text
    .split('\n')
    .at(-1)
    ?.match(/\s(\d{1,15})\s+\d+\s+(-?\d{1,15})\s+\d+%\s/)
  if (!match) return { disk_total_bytes: null, disk_free_bytes: null }
  // Below zero: what is kept for root is in use.
  return { disk_total_bytes: Number(match[1]) * 1024, disk_free_bytes: Math.max(0, Number(match[2]) * 1024) }
}

/** Lines of `millidegrees type`, of /sys/class/thermal: the hottest. */
export function parseTemperature(text: string): number | null {
  let hottest: number | null = null
  for (const line of text.split('\n')) {
    const match = line.match(/^(-?\d{1,7}) ?(.*)$/)
    // The PMIC of a Jetson always says 100 °C: it has no sensor.
    if (!match || /^pmic/i.test(match[2] ?? '')) continue
    const celsius = Number(match[1]) / 1000
    if (isTemperature(celsius)) hottest = Math.max(hottest ?? celsius, celsius)
  }
  return hottest
}

/** A sensor that is not there says 0, -256 or 2^31. */
export const isTemperature = (celsius: number): boolean => celsius > -40 && celsius < 150 && celsius !== 0

const isFigure = (value: number | undefined): value is number => value !== undefined && Number.isFinite(value)
