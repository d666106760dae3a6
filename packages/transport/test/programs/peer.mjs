// A process that connects to the endpoint in its first argument, sends one record of kind `ready`, and stays.
import { Dealer } from 'zeromq'

const socket = new Dealer({ immediate: true, heartbeatInterval: 500, heartbeatTimeout: 1500 })
socket.connect(process.argv[2])
const preamble = Buffer.from('41490100', 'hex')
const record = Buffer.alloc(48)
record[0] = 24
record[23] = 1
const length = Buffer.alloc(4)
length.writeUInt32BE(record.length)
await socket.send(Buffer.concat([preamble, length, record]))
await new Promise(() => setInterval(() => {}, 1000))
