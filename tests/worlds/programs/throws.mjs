// Its handler fails: plainly, or with an error of ours when the metadata say `typed`.
import { InvalidArgumentError } from '@aicluster/container-sdk'
import { open } from './lib.mjs'

const connector = await open()

await connector.serve(({ metadata }) => {
  if (metadata.typed)
    throw new InvalidArgumentError('invalidParameter', { detail: 'the image is upside down', details: { field: 'image' } })
  if (metadata.function) return { bad: () => {} }
  throw new Error('the tensor has no batch dimension')
})
