import { type CommandOf, clusterError, type DistributionView } from '@aicluster/protocol'
import type { ControlPlane } from '../control-plane/control-plane'
import { servedNames } from '../registry/container-config-rules'
import type { ContainerRecord, InferenceRecord } from '../registry/inference-record'
import { boardsOf, containersOf, requireContainer, type SelectedContainer, selectRecords } from './select'

export const startDistribution = (plane: ControlPlane, command: CommandOf<'start_distribution'>) => setDistribution(plane, command, false)
export const stopDistribution = (plane: ControlPlane, command: CommandOf<'stop_distribution'>) => setDistribution(plane, command, true)

type DistributionCommand = CommandOf<'start_distribution'> | CommandOf<'stop_distribution'>

/** Switch distribution of one inference, or of all, to the selected containers. Persisted before the data plane acts on it. */
async function setDistribution(plane: ControlPlane, command: DistributionCommand, off: boolean): Promise<DistributionView[]> {
  const { inference_name: name, coprocessor_name: selection, suffix_name: suffix } = command
  const boards = selection ? boardsOf(plane, selection).map((board) => board.name) : undefined
  const select = () => {
    const records = selectRecords(plane, name)
    return suffix
      ? [requireServing(requireContainer(plane, suffix, selection || undefined), name || undefined)]
      : containersOf(records).filter(({ container }) => !boards || boards.includes(container.board))
  }
  return plane.locks.with(
    () => select().map(({ record }) => record.config.name),
    async () => {
      const views: DistributionView[] = []
      for (const { record, container } of select()) views.push(await switchOne(plane, record, container, name || undefined, off))
      return views
    },
  )
}

/** @throws InferenceNameNotFoundError (300) the container does not serve it */
function requireServing(selected: SelectedContainer, name: string | undefined): SelectedContainer {
  const served = servedNames(selected.record.config)
  if (name === undefined || served.includes(name)) return selected
  throw clusterError('inferenceNotFound', {
    detail: `${name}; container ${selected.container.suffix_name} serves ${served.join(', ')}`,
    details: { inference_name: name, suffix_name: selected.container.suffix_name },
  })
}

async function switchOne(
  plane: ControlPlane,
  { config }: InferenceRecord,
  { instance, suffix_name }: ContainerRecord,
  name: string | undefined,
  off: boolean,
): Promise<DistributionView> {
  const served = servedNames(config)
  const changed = name ? [name] : served
  // Read anew: an earlier step of the same command may have replaced the record.
  const record = plane.registry.get(config.name) as InferenceRecord
  const containers = record.containers.map((container) => {
    if (container.instance !== instance) return container
    const others = container.distribution_off.filter((other) => !changed.includes(other))
    return { ...container, distribution_off: off ? [...others, ...changed] : others }
  })
  await plane.registry.set({ ...record, containers })
  for (const changedName of changed) await plane.options.dataPlane.call('setPaused', { instance, name: changedName, paused: off })
  const now = containers.find((container) => container.instance === instance)
  const allOff = served.every((servedName) => now?.distribution_off.includes(servedName))
  return { name: config.name, suffix_name, distribution: allOff ? 'off' : 'on' }
}
