import type { ContainerStatus } from '@aicluster/host-sdk'
import type { Column } from '../output/table'
import { bytesText } from '../output/units'

const column = (heading: string, text: Column<ContainerStatus>['text'], right = false): Column<ContainerStatus> => ({
  heading,
  text,
  right,
})

/** Which container it is, and where. */
export const CONTAINER_NAMES = [
  column('CONTAINER', ({ suffixName }) => suffixName),
  column('INFERENCE', ({ name }) => name),
  column('BOARD', ({ allocatedCoprocessor }) => allocatedCoprocessor),
]

/** What it is doing. */
export const CONTAINER_STATE = [
  column('STATUS', ({ status }) => status),
  column('CONNECTION', ({ connectStatus }) => connectStatus),
  column('OPERATE', ({ operate, distributionOff }) => (distributionOff?.length ? `${operate}, paused` : operate)),
  column('QUEUE', ({ queueNum }) => queueNum, true),
  column('IN FLIGHT', ({ sendDataNum, maxSendNum }) => `${sendDataNum}/${maxSendNum}`, true),
  column('RESTARTS', ({ restarts }) => restarts, true),
]

/** In the units of all else here; docker-stats format, in binary ones, is `memUsage`. */
function memoryText({ memBytes, memPercent }: ContainerStatus): string | undefined {
  if (memBytes === undefined) return undefined
  return memPercent ? `${bytesText(memBytes)} / ${bytesText((100 * memBytes) / memPercent)}` : bytesText(memBytes)
}

/** What it uses. */
export const CONTAINER_USE = [column('CPU', ({ cpuProc }) => cpuProc, true), column('MEM', memoryText, true)]

/** What else a person asks for. */
export const CONTAINER_MORE = [
  column('TX / RX', ({ netIo }) => netIo, true),
  column('READ / WRITTEN', ({ blockIo }) => blockIo, true),
  column('TYPE', ({ implementationType }) => implementationType),
  column('PID', ({ pid }) => pid, true),
  column('CREATED', ({ created }) => created),
]
