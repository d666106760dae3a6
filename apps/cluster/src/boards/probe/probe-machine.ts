import { boardError } from '../board-error'
import type { Machine } from '../machine'
import { cleanText } from '../plain-cause'
import { readTelemetry } from '../telemetry/read-telemetry'
import type { BoardProbe, BoardProblem } from './board-probe'
import { probeEngine } from './engine-probe'

/** Less room than this and hardly an image fits. */
const LITTLE_DISK_BYTES = 1024 ** 3
const MAX_GPUS = 64

const ARCHITECTURES: Readonly<Record<string, string>> = { x86_64: 'amd64', aarch64: 'arm64', armv7l: 'arm', armv6l: 'arm', i686: '386' }

/** Fixed text, no value from outside. */
const GPU_HOOK = 'command -v nvidia-container-runtime-hook || command -v nvidia-container-toolkit || command -v nvidia-container-cli'

/**
 * Find out what a machine is and has, and what stands in the way of running containers there. Changes nothing.
 *
 * @param board - name, for messages
 * @throws SshConnectionError (500): it cannot be reached. An Engine that cannot is one of its problems
 */
export async function probeMachine(machine: Machine, board: string): Promise<BoardProbe> {
  const linesOf = async (...words: [string, ...string[]]): Promise<string[]> => {
    const { code, stdout } = await machine.run(words, { maxOutputBytes: 256 * 1024 })
    return code === 0
      ? stdout
          .toString('utf8')
          .split('\n')
          .map((line) => cleanText(line, 200))
          .filter((line) => line !== '')
      : []
  }
  const [uname, os, jetson, smi, hook] = await Promise.all([
    linesOf('uname', '-mr'),
    linesOf('cat', '/etc/os-release'),
    linesOf('cat', '/etc/nv_tegra_release'),
    linesOf('sh', '-c', 'command -v nvidia-smi >/dev/null && timeout 5 nvidia-smi -L'),
    linesOf('sh', '-c', GPU_HOOK),
  ])
  const { engine, problems } = await probeEngine(machine.engine, hook.length > 0).catch((error) => ({
    engine: null,
    problems: [engineProblem(board, error)],
  }))
  const telemetry = await readTelemetry(machine, engine?.rootFolder ?? machine.home)
  const [kernel = '', architecture = ''] = uname[0]?.split(' ') ?? []
  const gpus = smi.filter((line) => line.startsWith('GPU ')).slice(0, MAX_GPUS)
  const probe = {
    uid: machine.uid,
    home: machine.home,
    architecture: ARCHITECTURES[architecture] ?? architecture,
    os: os.find((line) => line.startsWith('PRETTY_NAME='))?.replace(/^PRETTY_NAME="?|"$/g, '') ?? 'unknown',
    kernel,
    jetson: jetson[0]?.replace(/^#\s*/, '') ?? null,
    engine,
    gpus: gpus.length === 0 && jetson.length > 0 ? ['Tegra'] : gpus,
    telemetry,
  }
  return { ...probe, problems: [...problems, ...machineProblems(probe)] }
}

function machineProblems({ gpus, engine, telemetry }: Omit<BoardProbe, 'problems'>): BoardProblem[] {
  const problems: BoardProblem[] = []
  if (gpus.length > 0 && engine && engine.gpuAccess === null) {
    problems.push({
      what: 'it has a GPU, but its Docker Engine cannot give it to a container',
      cure: 'install nvidia-container-toolkit there, then: sudo nvidia-ctk runtime configure --runtime=docker && sudo systemctl restart docker',
    })
  }
  if (telemetry.disk_free_bytes !== null && telemetry.disk_free_bytes < LITTLE_DISK_BYTES) {
    const megabytes = Math.round(telemetry.disk_free_bytes / 1e6)
    problems.push({ what: `its disk is nearly full: ${megabytes} MB free`, cure: 'make room, for example by: docker system prune' })
  }
  return problems
}

/** The cause already says what to do; lost connections are thrown. */
function engineProblem(board: string, error: unknown): BoardProblem {
  const failure = boardError(board, 'reach its Docker Engine', error)
  if (failure.details.reason === 'lost') throw failure
  const words = failure.message.replace(/^.*?: reach its Docker Engine: /, '')
  const [what = words, cure = 'look at: sudo systemctl status docker'] = words.split(/: (.*)/s)
  return { what, cure }
}
