// An application in a process of its own: reads a stream of `parts` with the metadata in its first argument, and says on stdout how many
// parts it has read (a line each), and at the end whether they were all there, in order.
import { AICluster } from '@aicluster/host-sdk'

const cluster = await AICluster.connect({ reconnectTimeoutMs: Number(process.env.TEST_RECONNECT_TIMEOUT_MS ?? 30_000) })
const stream = cluster.inferStream('parts', Uint8Array.of(1), JSON.parse(process.argv[2]))
let read = 0
let inOrder = true
for await (const part of stream) {
  inOrder &&= part === read
  process.stdout.write(`${++read}\n`)
}
const { result } = await stream.result
process.stdout.write(`${JSON.stringify({ read, inOrder, count: result.count })}\n`)
await cluster.release()
