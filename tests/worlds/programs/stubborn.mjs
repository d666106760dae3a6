// Answers like echo; says that it was asked to end, and does not.
import { me, open } from './lib.mjs'

process.on('SIGTERM', () => console.log('asked to end'))
const connector = await open()

await connector.serve(() => me, { handleSignals: false })
