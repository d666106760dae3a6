import type { GpuTelemetryView } from '@aicluster/protocol'
import { cleanText } from '../plain-cause'
import { isTemperature } from './linux-figures'

const MIB = 1024 * 1024
/** What {@link parseNvidiaSmi} reads is printed with these. */
export const NVIDIA_SMI_ARGUMENTS = [
  '--query-gpu=index,name,utilization.gpu,memory.used,memory.total,temperature.gpu',
  '--format=csv,noheader,nounits',
] as const
/** A line every 200 ms, for ever. */
export const TEGRASTATS_ARGUMENTS = ['--interval', '200'] as const

/** More GPUs than any machine has. */
const MAX_GPUS = 64
const MAX_NAME = 100

/**
 * `index, name, utilization.gpu, memory.used, memory.total, temperature.gpu` of nvidia-smi, as CSV without units, MiB and °C.
 *
 * What a GPU does not tell is `[N/A]` or `[Not Supported]`. Not run on this hardware: written after NVIDIA's documentation and published output.
 */
export function parseNvidiaSmi(text: string): GpuTelemetryView[] {
  const gpus: GpuTelemetryView[] = []
  for (const line of text.split('\n').slice(0, MAX_GPUS)) {
    const fields = line.split(',').map((field) => field.trim())
    // "NVIDIA-SMI has failed because …" and the like.
    if (fields.length < 6 || !/^\d+$/.test(fields[0] ?? '')) continue
    // A name may hold a comma; the figures are the last four.
    const [use, used, total, temperature] = fields.slice(-4).map(figure)
    gpus.push({
      index: Number(fields[0]),
      name: cleanText(fields.slice(1, -4).join(', '), MAX_NAME),
      use_percent: use ?? null,
      memory_used_bytes: inBytes(used),
      memory_total_bytes: inBytes(total),
      temperature_celsius: temperature ?? null,
    })
  }
  return gpus
}

/**
 * A line of tegrastats, or its first ones: `GR3D_FREQ 37%@1109` or `GR3D_FREQ 0%@[305]` or `GR3D_FREQ 0%`, `GPU@41.5C` or `gpu@46.1C`.
 *
 * Not run on this hardware: written after NVIDIA's documentation and published output.
 *
 * @returns undefined when it tells of no GPU
 */
export function parseTegrastats(line: string): GpuTelemetryView[] | undefined {
  const use = line.match(/\bGR3D(?:_FREQ)? (\d{1,3})%/)
  if (!use) return undefined
  const temperature = Number(line.match(/\bGPU@(-?\d{1,4}(?:\.\d+)?)C\b/i)?.[1])
  return [
    {
      index: 0,
      name: 'Tegra',
      use_percent: Number(use[1]),
      memory_used_bytes: null,
      memory_total_bytes: null,
      temperature_celsius: isTemperature(temperature) ? temperature : null,
    },
  ]
}

/** What both programs printed, nothing where there is no such program. A Jetson has both; its nvidia-smi, where there is one, knows no figures. */
export function parseGpus(nvidiaSmi: string, tegrastats: string): GpuTelemetryView[] {
  const gpus = parseNvidiaSmi(nvidiaSmi)
  return gpus.some(({ use_percent }) => use_percent !== null) ? gpus : (parseTegrastats(tegrastats) ?? gpus)
}

const figure = (field: string): number | undefined => (/^\d{1,9}(\.\d+)?$/.test(field) ? Number(field) : undefined)
const inBytes = (mebibytes: number | undefined): number | null => (mebibytes === undefined ? null : mebibytes * MIB)
