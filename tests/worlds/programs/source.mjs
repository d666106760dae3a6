// Publishes what the files `burst-1`, `burst-2`, … in the folder of gates say: { count, bytes, as, name, everyMs }; then writes `published-1`, ….
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { me, open } from './lib.mjs'

const gates = process.env.TEST_GATES
const connector = await open()
connector.ready()

const forms = {
  number: (n) => n,
  bytes: (_n, bytes) => ({ ...me, data: new Uint8Array(bytes).fill(7) }),
  nested: (n) => ({
    list: [1, { raw: Uint8Array.of(n, n + 1) }, null],
    deep: { image: { dtype: 'uint16', shape: [2, 2], data: Uint16Array.of(1, 2, 3, 65_535) } },
    pid: process.pid,
  }),
}

let n = 0
for (let burst = 1; ; burst++) {
  const order = join(gates, `burst-${burst}`)
  // Somebody else may be at a later one already: a program that was started again goes on from there.
  while (!existsSync(order)) await sleep(2)
  if (existsSync(join(gates, `published-${burst}`))) continue
  const { count, bytes = 0, as = 'number', name, everyMs } = JSON.parse(readFileSync(order, 'utf8'))
  const stood = []
  for (let i = 0; i < count; i++) {
    stood.push(connector.publish(forms[as](n, bytes), { n, pid: process.pid }, { name }))
    n++
    if (everyMs || i % 10 === 9) await sleep(everyMs ?? 0)
  }
  writeFileSync(join(gates, `published-${burst}`), JSON.stringify({ stood, dropped: connector.publishedDropped }))
}
