import { UnknownError } from '@aicluster/protocol'

/** Each of a reply's list as what the methods return. @throws UnknownError (999) the reply is no list of objects */
export function listOf<View extends object, Item>(reply: unknown, make: (view: View) => Item): Item[] {
  if (!Array.isArray(reply)) throw malformed('a list')
  return reply.map((view) => make(recordOf<View>(view)))
}

/** A reply that is one object. @throws UnknownError (999) it is not */
export function recordOf<View extends object>(reply: unknown): View {
  if (typeof reply !== 'object' || reply === null) throw malformed('an object')
  return reply as View
}

/** The one of a list. @throws UnknownError (999) the reply is no list of one */
export function onlyOf<View extends object, Item>(reply: unknown, make: (view: View) => Item): Item {
  const [item] = listOf(reply, make)
  if (item === undefined) throw malformed('a list of one')
  return item
}

const malformed = (expected: string) => new UnknownError('internal', { detail: `the cluster's reply is not ${expected}` })
