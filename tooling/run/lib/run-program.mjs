import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { root } from './repository.mjs'
import { CommandError } from './run-command.mjs'

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP']
/** npm passes on the Ctrl-C that the terminal has already sent us: one press, two signals. */
const SAME_PRESS_MS = 500
const PARENT_CHECK_MS = 1_000

/**
 * Runs one of our built programs with this terminal until it ends, and resolves to its exit code.
 * It has a process group of its own, so each press of Ctrl-C reaches it exactly once, through us. It also has an
 * IPC channel that closes when we end, however we end (also by SIGKILL): it must stop on 'disconnect'.
 */
export async function runProgram(file, args) {
  if (!existsSync(join(root, file))) throw new CommandError(`${file} is missing although its package was built. Try "npm run build".`)
  const child = spawn(process.execPath, [file, ...args], { cwd: root, stdio: ['inherit', 'inherit', 'inherit', 'ipc'], detached: true })
  const release = [...forwardSignals(child), watchParent(child)]
  const { code, signal, error } = await new Promise((resolve) => {
    child.once('error', (error) => resolve({ error }))
    child.once('exit', (code, signal) => resolve({ code, signal }))
  })
  for (const stop of release) stop()
  if (child.connected) child.disconnect()
  if (error) throw new CommandError(`${file} could not start: ${error.message}`)
  return signal === null ? code : 128 + constants.signals[signal]
}

function forwardSignals(child) {
  let last = { signal: '', at: 0 }
  return FORWARDED.map((signal) => {
    const forward = () => {
      const again = last.signal === signal && Date.now() - last.at < SAME_PRESS_MS
      last = { signal, at: Date.now() }
      if (!again) child.kill(signal)
    }
    process.on(signal, forward)
    return () => process.off(signal, forward)
  })
}

/** When npm started us and is gone (killed, its terminal closed), nobody waits for us any more. */
function watchParent(child) {
  if (process.env.npm_lifecycle_event === undefined) return () => {}
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid !== parent) child.kill('SIGTERM')
  }, PARENT_CHECK_MS)
  timer.unref()
  return () => clearInterval(timer)
}
