import { fromWire } from '../config/wire-names'

/** Gives an object the attributes that a reply has for it, in TypeScript's spelling. What the wire calls nil is `undefined` here. */
export function assignView(target: object, view: object): void {
  for (const [key, value] of Object.entries(fromWire(view) as object)) Object.assign(target, { [key]: value ?? undefined })
}
