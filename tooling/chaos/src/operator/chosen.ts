/** The item that a number from 0 to 1 stands for. @throws Error when there is none */
export function chosen<Item>(items: readonly Item[], pick: number): Item {
  const item = items[Math.floor(pick * items.length)]
  if (item === undefined) throw new Error('there is nothing to choose from')
  return item
}
