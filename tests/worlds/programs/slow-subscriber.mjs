// An application that subscribes, then, when told, does nothing at all until a gate is open, then reads up to a number and tells what it got.
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { AICluster } from '@aicluster/host-sdk'

const [stateFolder, name] = process.argv.slice(2)
const cluster = await AICluster.connect({ stateFolder })
const readings = await cluster.subscribe(name, { buffer: 100_000 })
const got = []
void (async () => {
  for await (const { response } of readings) got.push(response.metadata.n)
})()

process.on('message', async ({ gate, untilLast }) => {
  const nobody = new Int32Array(new SharedArrayBuffer(4))
  while (!existsSync(gate)) Atomics.wait(nobody, 0, 0, 10)
  while (got.at(-1) !== untilLast) await sleep(5)
  process.send({ got, dropped: readings.dropped })
  await readings.return()
  await cluster.release()
  process.disconnect()
})
process.send('subscribed')
