/** Reads the options of `npm run demo:boards`, nothing else: with wrong ones it ends as the demo would, and no board was started for that. */

import { optionsOrExit } from './options-or-exit'

optionsOrExit('demo:boards')
