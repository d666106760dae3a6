import type { Column } from '../output/table'
import { bytesText } from '../output/units'
import type { Snapshot } from './snapshot'

/** A name that requests can be sent to, and what waits there. */
export interface InferenceView {
  name: string
  containers: number
  /** Those of them that get none of its requests: distribution is stopped. */
  paused: number
  waiting: number
  waitingBytes: number
  inFlight: number
}

export const inferenceViews = ({ metrics, containers }: Pick<Snapshot, 'metrics' | 'containers'>): InferenceView[] =>
  metrics.queues.map(({ name, waiting, waitingBytes, inFlight, containers: subscribed }) => ({
    name,
    // A Loop has no container that subscribes: the cluster itself answers.
    containers: Math.max(subscribed, containers.filter((container) => container.name === name).length),
    paused: containers.filter(({ distributionOff }) => distributionOff?.includes(name)).length,
    waiting,
    waitingBytes,
    inFlight,
  }))

export const INFERENCE_COLUMNS: Column<InferenceView>[] = [
  { heading: 'INFERENCE', text: ({ name }) => name },
  { heading: 'CONTAINERS', text: ({ containers, paused }) => (paused > 0 ? `${containers}, ${paused} paused` : containers), right: true },
  { heading: 'QUEUE', text: ({ waiting }) => waiting, right: true },
  { heading: 'QUEUED BYTES', text: ({ waitingBytes }) => bytesText(waitingBytes), right: true },
  { heading: 'IN FLIGHT', text: ({ inFlight }) => inFlight, right: true },
]
