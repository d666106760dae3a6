import { CommandError } from './run-command.mjs'

/** Runs a program's main function; an expected failure is told in words, without a stack. */
export async function main(body) {
  try {
    process.exitCode = (await body(process.argv.slice(2))) ?? 0
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    if (error.output) console.error(error.output.trimEnd())
    console.error(`\n${error.message}`)
    process.exitCode = 1
  }
}
