/** Throw unless it holds. An `expect` would do, but not a hundred thousand times a second. */
export function demand(holds: boolean, what: () => string): asserts holds {
  if (!holds) throw new Error(what())
}
