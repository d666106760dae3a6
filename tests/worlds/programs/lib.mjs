import { Connector } from '@aicluster/container-sdk'

/** Connect as the cluster says; without a manager the program ends after the time that the world chose. */
export const open = () => Connector.open({ orphanTimeoutMs: Number(process.env.TEST_ORPHAN_TIMEOUT_MS ?? 20_000) })

/** Who answers. */
export const me = {
  pid: process.pid,
  board: process.env.AICLUSTER_BOARD,
  container: process.env.AICLUSTER_CONTAINER,
  seen: process.env.TEST_SEEN,
}
