// Sends a thousand messages of 1 KB without waiting for anything, says so, and stays.
// Arguments: endpoint, socket options as JSON.
import { Dealer } from 'zeromq'

const [, , endpoint, options] = process.argv
const socket = new Dealer({ ...JSON.parse(options), sendTimeout: -1 })
socket.connect(endpoint)
for (let i = 0; i < 1_000; i++) await socket.send(Buffer.alloc(1024))
process.send('sent')
setInterval(() => {}, 1_000)
