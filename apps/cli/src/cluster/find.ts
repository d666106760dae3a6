import { type AICluster, type ContainerHandler, ContainerNotFoundError } from '@aicluster/host-sdk'

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

const known = (names: readonly string[]): string => {
  if (names.length === 0) return 'there is none'
  const more = names.length - MAX_NAMES
  return `there are ${names.slice(0, MAX_NAMES).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
