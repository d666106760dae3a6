import { registerBoardsAdd } from './boards-add'
import { registerBoardsCheck } from './boards-check'
import { registerBoardsList } from './boards-list'
import { registerBoardsRemove } from './boards-remove'
import { registerBoardsTrust } from './boards-trust'
import type { Register } from './register'

const EXAMPLES = `
Examples:
  $ aicluster boards
  $ aicluster boards add jetson me@10.0.0.12 --label gpu=orin
  $ aicluster boards check
  $ aicluster boards trust jetson`

export const registerBoards: Register = (program, action) => {
  const group = program
    .command('boards')
    .summary('list, add, check or remove boards')
    .description('List the boards, add or remove one, look at what is wrong with them, accept a changed host key.')
    .addHelpText('after', EXAMPLES)
  for (const register of [registerBoardsList, registerBoardsAdd, registerBoardsCheck, registerBoardsTrust, registerBoardsRemove]) {
    register(group, action)
  }
  return group
}
