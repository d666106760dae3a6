// Answers with what it got. `as` in the metadata chooses the form of the answer.
import { me, open } from './lib.mjs'

const connector = await open()

const forms = {
  /** The data itself, as bytes. */
  bytes: ({ data }) => data,
  /** The data itself, as an array. */
  array: ({ image }) => image,
  /** Binary parts deep inside other data. */
  nested: ({ data, image }) => ({ list: [1, { raw: data }, null], deep: { deeper: { image } }, text: 'ü' }),
  /** Everything that is known about the request. */
  about: ({ data, metadata, response }) => ({ ...me, length: data.length, metadata, subInferenceName: response.subInferenceName }),
  /** Adds to the metadata that come back. */
  metadata: ({ metadata, response }) => {
    response.metadata = { ...metadata, added: true }
    return null
  },
}

await connector.serve((request) => forms[request.metadata.as ?? 'about'](request))
