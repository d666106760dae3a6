/** The demo: starts a cluster, has it read handwritten digits, and stops everything it started. */

import { readDigits } from './read-digits'
import { runDemo } from './run-demo'

await runDemo({ command: 'demo', starting: 'two boards on this machine', work: readDigits })
