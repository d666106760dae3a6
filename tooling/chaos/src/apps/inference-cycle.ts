import { setTimeout as sleep } from 'node:timers/promises'
import { type AICluster, AIClusterError, type ContainerConfig } from '@aicluster/host-sdk'
import type { RequestJournal } from './request-journal'
import type { Requester } from './requester'

const COMMAND_TIMEOUT_MS = 15_000
const DRAIN_MS = 5_000
const RETRY_PAUSE_MS = 500
const UNLOAD_TRIES = 10

export interface CyclingApplication {
  cluster: AICluster
  requester: Requester
  journal: RequestJournal
}

/** Load an inference, use it, unload it while it is in use. Managers that die meanwhile make a step fail; it is noted and goes on. */
export async function cycleInference(
  { cluster, requester, journal }: CyclingApplication,
  config: ContainerConfig,
  { requests, forMs }: { requests: number; forMs: number },
  mayGoOn: () => boolean,
): Promise<void> {
  await noted(journal, 'load', () => cluster.loadInference(config, 'all', { timeout: COMMAND_TIMEOUT_MS }))
  for (let sent = 0; sent < requests && mayGoOn(); sent++) {
    requester.send(config.name)
    await sleep(forMs / requests)
  }
  const unload = () => cluster.unloadInference({ inferenceName: config.name, drainMs: DRAIN_MS, timeout: COMMAND_TIMEOUT_MS })
  for (let tries = 0; tries < UNLOAD_TRIES; tries++) {
    const outcome = await noted(journal, 'unload', unload)
    // 300: it was never loaded, or an attempt that seemed to fail did its work.
    if (outcome === 0 || outcome === 300) return
    await sleep(RETRY_PAUSE_MS)
  }
}

/** @returns 0, or the code of its failure */
async function noted(journal: RequestJournal, what: string, command: () => Promise<unknown>): Promise<number> {
  const code = await command().then(
    () => 0,
    (error: unknown) => (error instanceof AIClusterError ? error.code : -1),
  )
  journal.note(code === 0 ? what : `${what} failed: ${code}`)
  return code
}
