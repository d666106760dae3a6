import { type DemoCommand, helpOf, OptionError, type Options, readOptions } from './options'
import { say } from './say'

const EXIT_WRONG_OPTIONS = 2

/**
 * The options of this process. Ends it with 2, and says why, when they are wrong; with 0 and the help when that is what is wanted.
 * @param command - what it was started by: `npm run COMMAND`
 */
export function optionsOrExit(command: DemoCommand): Options {
  try {
    const options = readOptions(process.argv.slice(2))
    if (!options.help) return options
    process.stdout.write(helpOf(command))
    process.exit(0)
  } catch (error) {
    if (!(error instanceof OptionError)) throw error
    say(`${command}: ${error.message}\nTry: npm run ${command} -- --help`)
    process.exit(EXIT_WRONG_OPTIONS)
  }
}
