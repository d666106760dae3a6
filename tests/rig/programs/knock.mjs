// Connects as its environment says, and prints what came of it, as JSON.
import { Connector } from '@aicluster/container-sdk'

const startedAt = performance.now()
const outcome = await Connector.open({ connectTimeoutMs: 10_000 }).then(
  () => ({ code: 0, message: 'it was let in' }),
  ({ code, message }) => ({ code, message }),
)
console.log(JSON.stringify({ ...outcome, tookMs: Math.round(performance.now() - startedAt) }))
process.exit()
