import { type ChildProcess, spawn } from 'node:child_process'
import type { ContainerSpec } from '../board'
import { childEnvironment } from './child-environment'
import { type ProcessIdentity, startTimeOf } from './process-identity'
import type { ProcessLog } from './process-log'
import { commandWords, findProgram } from './program'

export interface StartedProgram {
  child: ChildProcess
  identity: ProcessIdentity
}

/** A program that is ready to be started: found, its environment made. Starting it is synchronous. */
export interface ReadyProgram {
  /** @throws Error saying why the system did not start it */
  start(log: ProcessLog): Promise<StartedProgram> | StartedProgram
}

const spawnFailure = (child: ChildProcess, name: string): Promise<never> =>
  new Promise((_, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      const cure = error.code === 'ENOENT' ? ': the interpreter named in its first line does not exist' : ''
      reject(new Error(`program ${JSON.stringify(name)} could not be started (${error.code ?? error.message})${cure}`, { cause: error }))
    })
  })

/**
 * Find the program of a container.
 *
 * @param folder - the container's folder, where it runs
 * @throws Error naming the program: missing, or not executable
 */
export async function readyProgram(spec: ContainerSpec, folder: string): Promise<ReadyProgram> {
  const [name = '', ...args] = commandWords(spec.config.run_command ?? [])
  const env = childEnvironment(spec, folder, process.env)
  const file = await findProgram(name, folder, env.PATH)
  const start = (log: ProcessLog): Promise<StartedProgram> | StartedProgram => {
    const { out, err, close } = log.open()
    try {
      // Detached: its own session and process group, so that it outlives us and no Ctrl-C of ours reaches it.
      const child = spawn(file, args, { argv0: name, cwd: folder, env, detached: true, stdio: ['ignore', out, err] })
      const { pid } = child
      if (pid === undefined) return spawnFailure(child, name)
      child.unref()
      // A later failure of the handle (a signal that cannot be sent) must not throw out of the manager's loop.
      child.on('error', () => {})
      // It cannot have been forgotten yet: its exit reaches us in a later turn.
      const startTime = startTimeOf(pid)
      if (startTime !== undefined) return { child, identity: { pid, startTime } }
      child.kill('SIGKILL')
      throw new Error(`the start time of process ${pid} cannot be read from /proc or ps`)
    } finally {
      close()
    }
  }
  return { start }
}
