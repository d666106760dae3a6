// Closes its Connector once a request has been answered, and goes on running: nobody is subscribed any more.
import { open } from '../../worlds/programs/lib.mjs'

const connector = await open()
const { response } = await connector.receiveRequest()
connector.sendResponse('goodbye', response)
await connector.close()
setInterval(() => {}, 1_000)
