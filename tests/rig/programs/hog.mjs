// Answers, until a request says `hog` in its metadata: then it takes memory until it is ended for it.
import { Connector } from '@aicluster/container-sdk'

const PIECE_BYTES = 8 * 1024 * 1024
const connector = await Connector.open()

await connector.serve(({ metadata }) => {
  const taken = []
  while (metadata.hog) taken.push(Buffer.alloc(PIECE_BYTES, 1))
  return taken.length
})
