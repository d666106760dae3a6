import {
  type AICluster,
  type ContainerHandler,
  ContainerNotFoundError,
  type CoprocessorHandler,
  CoprocessorNotFoundError,
} from '@aicluster/host-sdk'

/** @param text - a name, `all`, or a label such as `gpu=orin` or `label:gpu`. @throws CoprocessorNotFoundError (304) it selects none */
export async function boardsNamed(cluster: AICluster, text: string): Promise<CoprocessorHandler[]> {
  const boards = await cluster.getCoprocessorHandler()
  const selected = boards.filter((board) => board.isSelectedBy(text))
  if (selected.length > 0) return selected
  const detail = /[=:]/.test(text)
    ? `no board has ${JSON.stringify(text)}; ${known(labelTexts(boards), 'no board has a label')}`
    : `no board is called ${JSON.stringify(text)}; ${known(boards.map((one) => one.name))}`
  throw new CoprocessorNotFoundError('coprocessorNotFound', { detail, details: { coprocessor_name: text } })
}

/** `gpu=orin`, for each label that some board has. */
const labelTexts = (boards: readonly CoprocessorHandler[]): string[] => [
  ...new Set(boards.flatMap(({ labels }) => Object.entries(labels).map(([key, value]) => `${key}=${value}`))),
]

/** @param name - its own name, such as `digits-board1`. @throws ContainerNotFoundError (307) */
export async function containerNamed(cluster: AICluster, name: string): Promise<ContainerHandler> {
  const containers = await cluster.getContainerHandler()
  const container = containers.find(({ suffixName }) => suffixName === name)
  if (container) return container
  const detail = `no container is called ${JSON.stringify(name)}; ${known(containers.map(({ suffixName }) => suffixName))}`
  throw new ContainerNotFoundError('containerNotFound', { detail, details: { suffix_name: name } })
}

/** Names in an error. */
const MAX_NAMES = 10

const known = (names: readonly string[], none = 'there is none'): string => {
  if (names.length === 0) return none
  const more = names.length - MAX_NAMES
  return `there are ${names.slice(0, MAX_NAMES).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
