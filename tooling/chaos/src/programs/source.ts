// What runs in the sources of a chaos run: publishes numbers and data that follow from them, for ever.
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Connector } from '@aicluster/container-sdk'
import { publicationOf } from '../apps/publication'

const PAUSE_MS = 20

const connector = await Connector.open().catch((error: Error) => {
  process.stderr.write(`cannot begin: ${error.message}\n`)
  process.exit(1)
})
// Its process number would not do: in a container of its own every life is process 1.
const life = randomUUID()
for (let n = 0; ; n++) {
  connector.publish(publicationOf(life, n), { life, n })
  await sleep(PAUSE_MS)
}
