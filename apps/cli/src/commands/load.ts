import { resolve } from 'node:path'
import type { ContainerConfig } from '@aicluster/host-sdk'
import { type Command, Option } from 'commander'
import { UsageError } from '../cli-errors'
import { withCluster } from '../cluster/with-cluster'
import { readContainerConfigs } from '../config-file'
import type { Context } from '../context'
import { longWork } from '../long-work'
import { boardsText } from '../views/loaded-text'
import type { Register } from './register'

interface LoadOptions {
  board: string[]
  name?: string
  /** True: what stands behind `--`. */
  run?: string[] | true
  type?: 'other' | 'Loop'
  scriptPath?: string
  maxSendNum?: string
  force?: boolean
}

const EXAMPLES = `
A file holds one container config or a list of them, in JSON or YAML; keys in snake_case or camelCase
(docs/configuration.md). Relative script_path, image_path and copy.From are below the file's folder.
The program runs in a folder of its own: --script-path and copy put files there.

Examples:
  $ aicluster load digits.yaml                                   on every board
  $ aicluster load digits.json resize.json --board board1
  $ aicluster load digits.yaml --board gpu=orin                  on the boards with this label now
  $ aicluster load --name echo --type Loop                       the cluster itself answers with what it was sent
  $ aicluster load --name hello --run -- node /srv/hello.mjs --greeting hi
  $ aicluster load --name hello --script-path ./hello --run node hello.mjs
  $ aicluster load digits.yaml --force                           replace what is registered`

const collect = (value: string, earlier: string[] | undefined): string[] => [...(earlier ?? []), value]

export const registerLoad: Register = (program: Command, action) =>
  program
    .command('load')
    .summary('register inferences and start their containers')
    .description(
      'Register inferences and start one container on each selected board. All or nothing. Returns when every container is ready.',
    )
    .argument('[files...]', 'container configs, JSON or YAML')
    .addOption(
      new Option('--board <board>', 'a board, boards with a label (KEY=VALUE, or label:KEY for any value), or "all"; may be repeated')
        .argParser(collect)
        .default(undefined, 'all'),
    )
    .option('--name <name>', 'load one inference without a file: its name')
    .option(
      '--run [command...]',
      'its program and arguments; put -- before them when an argument begins with -, for all behind it is theirs',
    )
    .addOption(
      new Option('--type <type>', 'how it runs (default: other with --run); docker and nvidia need a file').choices(['other', 'Loop']),
    )
    .option('--script-path <dir>', 'a folder whose content goes into the folder of the program')
    .option('--max-send-num <n>', 'requests that one container may hold at once')
    .option('--force', 'replace what is registered under the same name')
    .addHelpText('after', EXAMPLES)
    .action(action((context, files: string[], options: LoadOptions) => load(context, files, options)))

async function load(context: Context, files: string[], options: LoadOptions): Promise<undefined> {
  const { output } = context
  const boards = boardsOf(options.board ?? ['all'])
  const given = options.name === undefined ? await fromFiles(files, options) : [fromOptions(files, options)]
  const configs = options.force ? given.map((config) => ({ ...config, forceUpdate: true })) : given
  const names = configs.map(({ name }) => name).join(', ')
  const where = boards === 'all' ? 'every board' : boards.join(', ')
  const loaded = await withCluster(context, (cluster) =>
    longWork(context, `loading ${names} on ${where}`, (work) => cluster.loadInference(configs, boards, work)),
  )
  output.result(loaded, () => {
    for (const name of new Set(loaded.map((handler) => handler.name))) {
      const own = loaded.filter((handler) => handler.name === name)
      output.line(`Loaded ${name} on ${boardsText(own)}.`)
    }
  })
}

function boardsOf(names: readonly string[]): 'all' | string[] {
  if (!names.includes('all')) return [...names]
  if (names.length > 1) throw new UsageError('--board all stands alone')
  return 'all'
}

const ALONE = ['run', 'type', 'scriptPath', 'maxSendNum'] as const

async function fromFiles(files: readonly string[], options: LoadOptions): Promise<ContainerConfig[]> {
  const stray = ALONE.find((key) => options[key] !== undefined)
  if (stray) throw new UsageError(`--${toKebab(stray)} needs --name: a file holds the whole config of its inferences`)
  if (files.length === 0) throw new UsageError('nothing to load: give a config file, or --name with --run or --type Loop')
  return (await Promise.all(files.map(readContainerConfigs))).flat()
}

function fromOptions(words: readonly string[], { name = '', run: given, type, scriptPath, maxSendNum }: LoadOptions): ContainerConfig {
  const run = given === true ? words : given
  if (words.length > 0 && given !== true) {
    throw new UsageError(`give config files (${words.join(', ')}) or --name, not both; a command is: --run -- ${words.join(' ')}`)
  }
  if (run?.length === 0) throw new UsageError('--run without a command: give its program and arguments')
  if (!run && !type) throw new UsageError(`what is ${name} to run? Give --run COMMAND, or --type Loop`)
  if (maxSendNum !== undefined && !/^\d+$/.test(maxSendNum))
    throw new UsageError(`--max-send-num is ${JSON.stringify(maxSendNum)}, it must be a whole number`)
  return {
    name,
    implementationType: type ?? 'other',
    // One word is a line to be split like a shell would; several have been split already.
    ...(run ? { runCommand: run.length === 1 ? (run[0] as string) : [...run] } : {}),
    ...(scriptPath === undefined ? {} : { scriptPath: resolve(scriptPath) }),
    ...(maxSendNum === undefined ? {} : { maxSendNum: Number(maxSendNum) }),
  }
}

const toKebab = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
