// Answers after the number of ms that `ms` in the metadata says.
import { setTimeout as sleep } from 'node:timers/promises'
import { me, open } from './lib.mjs'

const connector = await open()

await connector.serve(async ({ metadata }) => {
  await sleep(metadata.ms)
  return me
})
