// A reader that computes while messages wait for it: binds, says so, reads nothing for 3 s, then ends with 0.
// Arguments: endpoint, socket options as JSON.
import { Router } from 'zeromq'

const [, , endpoint, options] = process.argv
const socket = new Router(JSON.parse(options))
await socket.bind(endpoint)
// The first message starts the reading; what follows finds nobody.
process.send('bound')
await socket.receive()
process.send('busy')
await new Promise((resolve) => setTimeout(resolve, 50))
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3_000)
process.exit(0)
