import { registerQueueList } from './queue-list'
import { registerQueueRemove } from './queue-remove'
import type { Register } from './register'

const EXAMPLES = `
Examples:
  $ aicluster queue ls
  $ aicluster queue rm digits --force`

export const registerQueue: Register = (program, action) => {
  const group = program
    .command('queue')
    .summary('show or delete requests')
    .description('Show the requests in the cluster, or delete those that wait.')
    .addHelpText('after', EXAMPLES)
  registerQueueList(group, action)
  registerQueueRemove(group, action)
  return group
}
