// Ends with an exit code: `at-start`, `after-connect`, or when a request says so in its metadata.
import { me, open } from './lib.mjs'

const [when = 'on-request'] = process.argv.slice(2)

const end = (code) => {
  process.stderr.write(`the model file is broken: byte 17 of 20\nexiting with ${code}\n`)
  process.exit(code)
}

if (when === 'at-start') end(3)
const connector = await open()
if (when === 'after-connect') end(4)

await connector.serve(({ metadata }) => (metadata.exit === undefined ? me : process.exit(metadata.exit)))
