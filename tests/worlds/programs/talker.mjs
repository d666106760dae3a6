// Prints the data of each request to stdout as it came.
import { writeSync } from 'node:fs'
import { open } from './lib.mjs'

const connector = await open()
await connector.serve(({ data }) => {
  writeSync(1, data)
  return null
})
