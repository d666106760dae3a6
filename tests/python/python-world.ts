import { execFile, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { ContainerConfig } from '@aicluster/host-sdk'
import { expect } from 'vitest'
import type { World } from '../worlds/world'

/** Debian's: another python3 on the path may lack the modules. */
export const PYTHON = '/usr/bin/python3'
const HOW = 'apt-get install python3-zmq python3-msgpack python3-numpy'
const MAX_OUTPUT_BYTES = 16_000_000
const RUN_LIMIT_MS = 40_000
/** No compiled files beside the sources. */
export const ENV = { PYTHONDONTWRITEBYTECODE: '1' }

/** What rises when a peer does what the document does not allow, or does not understand it. */
const NEVER_COUNTED = /^(messages_dropped_|records_missing_|records_before_hello_|unknown_responses_|hellos_refused_|hosts_cut_off_)/

/** The place of a file beside this one. */
export const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

/** What a test with Python needs and this machine lacks, and how to get it; undefined: nothing. */
export const missingHere = (): string | undefined => {
  const { error, status, stderr } = spawnSync(PYTHON, ['-c', 'import zmq, msgpack, numpy'], { encoding: 'utf8' })
  if (error) return `no ${PYTHON}: ${HOW}`
  return status === 0 ? undefined : `${stderr.trim().split('\n').at(-1)}: ${HOW}`
}

/** A program of ours that runs. */
export interface PythonRun<T> {
  pid: number
  /** What it printed as JSON, once it has ended. */
  printed: Promise<T>
}

/** Start one of our programs. */
export function startPython<T>(program: string, ...args: string[]): PythonRun<T> {
  const options = { env: { ...process.env, ...ENV }, timeout: RUN_LIMIT_MS, maxBuffer: MAX_OUTPUT_BYTES }
  const run = promisify(execFile)(PYTHON, [path(program), ...args], options)
  const printed = run.then(({ stdout }) => JSON.parse(stdout) as T)
  // Whoever starts it may be busy with something else when it fails.
  printed.catch(() => {})
  return { pid: run.child.pid ?? 0, printed }
}

/** Run one of our programs; what it printed as JSON. */
export const python = <T>(program: string, ...args: string[]): Promise<T> => startPython<T>(program, ...args).printed

/** A config that runs the container in Python. */
export const inPython = (name: string, more: Partial<ContainerConfig> = {}): ContainerConfig => ({
  name,
  implementationType: 'other',
  runCommand: [PYTHON, path('container.py')],
  startTimeout: 20_000,
  ...more,
  env: { ...ENV, ...more.env },
})

/** Nothing was dropped, nothing lost, nothing is left. */
export async function expectOrder(world: World): Promise<void> {
  await world.atRest()
  const { counters } = await world.metrics()
  const wrong = Object.entries(counters).filter(([name, count]) => count > 0 && NEVER_COUNTED.test(name))
  expect(wrong).toEqual([])
}
