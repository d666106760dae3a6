import { Argument, type Command } from 'commander'
import { clusterNames } from '../completion/cluster-names'
import { complete } from '../completion/complete'
import { COMPLETION_SCRIPTS } from '../completion/scripts'
import type { Context } from '../context'
import type { Register } from './register'

const EXAMPLES = `
Commands, options and their values; also names of inferences, boards and containers, asked of the cluster while you type
(nothing where none answers at once).

Examples:
  $ source <(aicluster completion bash)          in ~/.bashrc
  $ source <(aicluster completion zsh)           in ~/.zshrc, behind compinit
  $ aicluster completion fish > ~/.config/fish/completions/aicluster.fish`

export const registerCompletion: Register = (program, action) => {
  // Asked by the scripts, not by people.
  program
    .command('__complete', { hidden: true })
    .argument('[words...]')
    .action(action((context, words: string[]) => suggest(context, program, words)))
  return program
    .command('completion')
    .summary('print a script that completes command lines')
    .description('Print a script by which a shell completes command lines of aicluster.')
    .addArgument(new Argument('<shell>', 'which shell').choices(Object.keys(COMPLETION_SCRIPTS)))
    .addHelpText('after', EXAMPLES)
    .action(action((context, shell: string) => printScript(context, shell)))
}

async function printScript({ output }: Context, shell: string): Promise<undefined> {
  const script = COMPLETION_SCRIPTS[shell] as string
  output.result({ shell, script }, () => output.line(script.trimEnd()))
}

async function suggest(context: Context, program: Command, words: readonly string[]): Promise<undefined> {
  const found = complete(program, words)
  if (found.kind === 'paths') {
    context.output.line(`:${found.of}`)
    return
  }
  const candidates = found.kind === 'words' ? found.words : await clusterNames(asOnLine(context, found.given), found.of)
  const typed = words.at(-1) ?? ''
  // A value that is written onto its option is completed together with it.
  const prefix = typed.startsWith('--') ? typed.slice(0, typed.indexOf('=') + 1) : ''
  for (const { word, what } of candidates) {
    if ((prefix + word).startsWith(typed)) context.output.line(`${prefix}${word}\t${what}`)
  }
}

/** The cluster that the line to be completed is about. */
const asOnLine = (context: Context, given: Readonly<Record<string, string>>): Context => {
  const { '--state': state, '--endpoint': endpoint } = given
  return { ...context, options: { ...context.options, ...(state ? { state } : {}), ...(endpoint ? { endpoint } : {}) } }
}
