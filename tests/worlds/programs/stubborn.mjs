// Answers like echo, and ignores being asked to end.
import { me, open } from './lib.mjs'

process.on('SIGTERM', () => {})
const connector = await open()

await connector.serve(() => me, { handleSignals: false })
