import { spawn } from 'node:child_process'
import { rigObstacle } from './obstacle'
import { HELP, megabits, type RigCommand, readOptions, wholeNumber } from './options'
import { Rig } from './rig'
import type { RigBoard } from './rig-board'
import { RigError } from './rig-error'
import { MAX_BOARDS } from './rig-names'

const say = (line: string): void => void process.stderr.write(`rig: ${line}\n`)

/** What is said to one board in one word. */
const TO_A_BOARD: Record<string, (board: RigBoard, words: string[]) => Promise<void>> = {
  on: (board) => board.on(),
  off: (board) => board.off(),
  cut: (board) => board.cut(),
  heal: (board) => board.heal(),
  drop: (board) => board.drop(),
  undrop: (board) => board.undrop(),
  rate: (board, [rate]) => board.rate(megabits(rate)),
  loss: (board, [percent]) => board.loss(wholeNumber('the loss', percent, 0, 100)),
  'engine-off': (board) => board.stopEngine(),
  'engine-on': (board) => board.startEngine(),
  'engine-hang': (board) => board.hangEngine(),
  'engine-resume': (board) => board.resumeEngine(),
  'sshd-off': (board) => board.stopSshd(),
  'sshd-on': (board) => board.startSshd(),
  'sshd-hang': (board) => board.hangSshd(),
  'sshd-resume': (board) => board.resumeSshd(),
  restore: (board) => board.restore(),
}

async function status(rig: Rig): Promise<void> {
  const boards = rig.boards()
  if (boards.length === 0) return say(`no board on ${rig.names.subnet}; "npm run rig -- up 3" brings three`)
  for (const board of boards) {
    const on = await board.isOn()
    const engine = on && (await board.exec(['docker', 'version'])).code === 0
    const state = [
      on ? 'on' : 'off',
      `link ${(await board.linkIsUp()) ? 'up' : 'down'}`,
      ...(on ? [`Engine ${engine ? 'runs' : 'stopped'}`] : []),
    ]
    process.stdout.write(`board ${board.number}  ${board.address}  ${state.join(', ')}\n`)
  }
  process.stdout.write(`key ${rig.identityFile}, host keys ${rig.knownHostsFile}, this machine is ${rig.managerAddress}\n`)
}

/** With this terminal; resolves to its exit code. */
const attach = ([program, ...words]: [string, ...string[]]): Promise<number> =>
  new Promise((resolve, reject) => {
    const child = spawn(program, words, { stdio: 'inherit' })
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })

async function carryOut({ command, words, rig: options, diskMb, user }: RigCommand): Promise<number> {
  const rig = new Rig(options)
  const obstacle = await rigObstacle()
  if (obstacle !== undefined) throw new RigError(obstacle)
  const [first, ...rest] = words
  if (command === 'up') {
    await rig.up(wholeNumber('the number of boards', first, 1, MAX_BOARDS), { diskMb, say })
    say(`key ${rig.identityFile}, host keys ${rig.knownHostsFile}, this machine is ${rig.managerAddress}`)
    return 0
  }
  if (command === 'down') {
    await rig.down()
    say(`nothing of ${rig.names.subnet} is left`)
    return 0
  }
  if (command === 'status') {
    await status(rig)
    return 0
  }
  const act = TO_A_BOARD[command]
  if (!act && command !== 'ssh' && command !== 'exec') throw new RigError(`there is no command "${command}"; --help lists them`)
  const board = rig.board(wholeNumber(`${command}: the board`, first, 1, MAX_BOARDS))
  if (command === 'ssh') return attach(board.sshWords(rest, user))
  if (command === 'exec') {
    const [program, ...more] = rest
    if (program === undefined) throw new RigError('exec: which program?')
    const { code, stdout, stderr } = await board.exec([program, ...more], { timeoutMs: 600_000 })
    process.stdout.write(stdout)
    process.stderr.write(stderr)
    return code ?? 1
  }
  await act?.(board, rest)
  say(`board ${board.number}: ${command} ${rest.join(' ')}`.trimEnd())
  return 0
}

async function main(): Promise<number> {
  const command = readOptions(process.argv.slice(2), process.env)
  if (command) return carryOut(command)
  process.stdout.write(HELP)
  return 0
}

main().then(
  (exitCode) => {
    process.exitCode = exitCode
    // The IPC channel of `npm run rig` would keep us alive.
    if (process.connected) process.disconnect()
  },
  (error: unknown) => {
    say(error instanceof RigError ? error.message : String((error as Error).stack))
    process.exit(1)
  },
)
