import type { BoardTelemetryView } from '@aicluster/protocol'
import { NVIDIA_SMI_ARGUMENTS, parseGpus, TEGRASTATS_ARGUMENTS } from './gpu-figures'
import { parseDisk, parseLoad, parseMemory, parseTemperature } from './linux-figures'

/** Begins each part of the output; nothing that is read there begins a line with it. */
const MARK = '@@aicluster '

/** Fixed text: the only word from outside, the path for df, is an argument. What is missing on a machine leaves its part empty. */
const SCRIPT = `
part() { printf '\\n${MARK}%s\\n' "$1"; }
part cpus; nproc 2>/dev/null
part load; cat /proc/loadavg 2>/dev/null
part memory; cat /proc/meminfo 2>/dev/null
part disk; df -Pk -- "$1" 2>/dev/null || df -Pk / 2>/dev/null
part thermal
for zone in /sys/class/thermal/thermal_zone*; do
  [ -r "$zone/temp" ] && printf '%s %s\\n' "$(cat "$zone/temp" 2>/dev/null)" "$(cat "$zone/type" 2>/dev/null)"
done
part nvidia-smi
if command -v nvidia-smi >/dev/null 2>&1; then
  timeout 3 nvidia-smi ${NVIDIA_SMI_ARGUMENTS.join(' ')} 2>/dev/null
fi
part tegrastats
if command -v tegrastats >/dev/null 2>&1; then timeout 2 tegrastats ${TEGRASTATS_ARGUMENTS.join(' ')} 2>/dev/null | head -n 1; fi
exit 0
`

/**
 * The command that reads everything at once.
 *
 * @param diskPath - absolute, on the machine: of which file system room is told
 */
export const telemetryCommand = (diskPath: string): [string, ...string[]] => ['sh', '-c', SCRIPT, 'sh', diskPath]

/** What {@link telemetryCommand} printed. */
export function parseTelemetry(output: string, at: Date): BoardTelemetryView {
  const parts = partsOf(output)
  const textOf = (name: string): string => parts.get(name) ?? ''
  const cpus = Number.parseInt(textOf('cpus'), 10)
  return {
    at: at.toISOString(),
    cpus: Number.isInteger(cpus) ? cpus : null,
    load: parseLoad(textOf('load')),
    ...parseMemory(textOf('memory')),
    ...parseDisk(textOf('disk')),
    temperature_celsius: parseTemperature(textOf('thermal')),
    gpus: parseGpus(textOf('nvidia-smi'), textOf('tegrastats')),
  }
}

function partsOf(output: string): Map<string, string> {
  const parts = new Map<string, string>()
  for (const part of output.split(`\n${MARK}`).slice(1)) {
    const end = part.indexOf('\n')
    parts.set(part.slice(0, end), part.slice(end + 1).trim())
  }
  return parts
}
