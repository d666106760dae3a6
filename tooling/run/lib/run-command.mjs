import { spawn } from 'node:child_process'
import { root } from './repository.mjs'

/** A command that could not start, failed, or took too long; `output` is what it printed, if that was kept. */
export class CommandError extends Error {
  constructor(message, output = '') {
    super(message)
    this.output = output
  }
}

/**
 * Runs a command to its end. Its standard output goes to our standard error, which leaves standard output to the
 * program that the user asked for; `output: 'own'` lets it have ours, `output: 'keep'` keeps both and shows nothing.
 */
export async function runCommand(command, args, { cwd = root, env = process.env, output = 'stderr', limitMinutes = 30 } = {}) {
  const stdio = { own: ['ignore', 1, 2], stderr: ['ignore', 2, 2], keep: ['ignore', 'pipe', 'pipe'] }[output]
  const child = spawn(command, args, { cwd, env, stdio })
  const chunks = []
  child.stdout?.on('data', (chunk) => chunks.push(chunk))
  child.stderr?.on('data', (chunk) => chunks.push(chunk))
  const release = endWithUs(child)
  const limit = setTimeout(() => endChild(child), limitMinutes * 60_000)
  const started = Date.now()
  const { code, signal, error } = await ending(child)
  clearTimeout(limit)
  release()

  const kept = Buffer.concat(chunks).toString('utf8')
  const shown = [command.replace(/^.*[/\\]/, ''), ...args].join(' ')
  if (error) throw new CommandError(`"${shown}" could not start: ${error.message}`)
  if (code === 0) return kept
  const tooLong = Date.now() - started >= limitMinutes * 60_000
  throw new CommandError(
    tooLong ? `"${shown}" was stopped after ${limitMinutes} minutes.` : `"${shown}" failed (${signal ?? `exit ${code}`}).`,
    kept,
  )
}

const ending = (child) =>
  new Promise((resolve) => {
    child.once('error', (error) => resolve({ error }))
    child.once('close', (code, signal) => resolve({ code, signal }))
  })

function endChild(child) {
  child.kill('SIGTERM')
  setTimeout(() => child.kill('SIGKILL'), 5_000).unref()
}

/** A signal that ends us ends the command first. Returns how to stop caring. */
function endWithUs(child) {
  const onSignal = (signal) => {
    child.kill(signal)
    child.once('close', () => process.exit(signal === 'SIGINT' ? 130 : 143))
    setTimeout(() => process.exit(signal === 'SIGINT' ? 130 : 143), 5_000)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, onSignal)
  return () => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(signal, onSignal)
  }
}
