import type { ErrorView } from './cli-errors'

/** A hint, or one for each command that needs another; '' is for every other command. */
type Hint = string | Readonly<Record<string, string>>

const REPLACE = '--force replaces what is registered'
const START_BESIDE =
  'wait for them (aicluster queue ls shows them), or set replacement: start-then-kill in its config: that needs no idle inference'
const CHECK = 'aicluster boards check says what is wrong with the board'

/** What to try on the command line, for errors whose own text speaks of the API. */
const HINTS: Readonly<Record<number, Hint>> = {
  203: { load: REPLACE },
  303: {
    unload: '--drain MS waits for them',
    load: START_BESIDE,
    reload: START_BESIDE,
    'boards rm': '--force unloads first what is registered there, and forgets it where the board cannot be reached',
    '': 'wait for them; aicluster queue ls shows them',
  },
  304: 'aicluster boards shows the boards',
  307: 'aicluster ps shows the containers',
  308: { 'queue rm': '--force deletes requests of other applications too' },
  312: { infer: 'what a container works on it finishes, for nobody', '': 'the cluster takes back what was begun, as far as it can' },
  400: 'aicluster ps shows what is loaded',
  500: {
    unload: `${CHECK}; --force forgets what is on a board that will not come back`,
    'boards rm': `${CHECK}; --force forgets what is on a board that will not come back`,
    // They say themselves what is wrong with it.
    'boards add': '',
    'boards check': '',
    'boards trust': '',
    '': CHECK,
  },
}

/** What to try after this error of a command; undefined where nothing helps. @param command - `boards rm` */
export function hintFor({ code, message }: Pick<ErrorView, 'code' | 'message'>, command: string): string | undefined {
  if (code === null) return undefined
  // One of many that are 302: the same name with another config.
  if (code === 302 && command === 'load' && message.includes('set force_update')) return REPLACE
  const hint = HINTS[code]
  return (typeof hint === 'object' ? (hint[command] ?? hint['']) : hint) || undefined
}
