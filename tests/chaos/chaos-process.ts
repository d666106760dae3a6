import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('../../tooling/chaos/dist/main.js', import.meta.url))

/** What the last line of `--json` tells. */
export interface ChaosResult {
  faults: Record<string, number>
  requests: number
  outcomes: Record<string, number>
  lost: number
  duplicated: number
  wrong: number
  worstRecoveryMs: number
  restGaugesZero: boolean
  /** How often a container's distribution was off when a manager got ready. */
  offOverRestarts: number
  problems: string[]
}

export interface ChaosEnd {
  exitCode: number | null
  /** Everything that it printed. */
  output: string
  result: ChaosResult
}

/** Run the built chaos program to its end. @throws Error with what it printed when its last line is no JSON */
export async function runChaos(...args: string[]): Promise<ChaosEnd> {
  // The channel tells it when this process is gone.
  const child = spawn(process.execPath, [PROGRAM, '--json', ...args], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  const exitCode = await new Promise<number | null>((resolve) => child.once('close', resolve))
  const lastLine = output
    .trimEnd()
    .split('\n')
    .findLast((line) => line.startsWith('{'))
  if (lastLine === undefined) throw new Error(`the chaos run tells no result:\n${output}`)
  return { exitCode, output, result: JSON.parse(lastLine) as ChaosResult }
}
