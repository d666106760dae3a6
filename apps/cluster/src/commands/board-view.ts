import type { CoprocessorView } from '@aicluster/protocol'
import type { Board } from '../boards/board'

/** A board as clients see it. */
export function boardView({ name, ip, driver, state, labels, about, telemetry }: Board): CoprocessorView {
  return {
    name,
    ip,
    driver,
    state: state.state,
    since: state.since,
    reason: state.state === 'down' ? state.reason : null,
    labels: { ...labels },
    engine_version: about.engineVersion,
    architecture: about.architecture,
    resources: { cpus: about.cpus, memory_bytes: about.memoryBytes, gpus: about.gpus },
    telemetry: state.state === 'up' ? (telemetry ?? null) : null,
  }
}
