// An application that sends large data and wants it back: key file and size in bytes. Prints what happened to it, as JSON.
import { randomBytes } from 'node:crypto'
import { AICluster } from '@aicluster/host-sdk'

const [keyFile, bytes] = process.argv.slice(2)
const cluster = await AICluster.connect({ keyFile, connectTimeoutMs: 10_000 })
let cuts = 0
cluster.on('disconnected', () => cuts++)
const data = randomBytes(Number(bytes))
const startedAt = performance.now()
const { result } = await cluster.infer('echo', data, { as: 'bytes' })
const tookMs = Math.round(performance.now() - startedAt)
console.log(JSON.stringify({ same: data.equals(result), cuts, tookMs }))
await cluster.release()
