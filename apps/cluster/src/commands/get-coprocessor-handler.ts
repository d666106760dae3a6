import type { CommandOf, CoprocessorView } from '@aicluster/protocol'
import type { Board } from '../boards/board'
import type { ControlPlane } from '../control-plane/control-plane'
import { selectUsedBoards } from './select'

/** The boards on which the inference is registered, or every board. */
export const getCoprocessorHandler = async (
  plane: ControlPlane,
  command: CommandOf<'get_coprocessor_handler'>,
): Promise<CoprocessorView[]> => selectUsedBoards(plane, command.inference_name).map(boardView)

function boardView({ name, ip, driver, state, labels, about, telemetry }: Board): CoprocessorView {
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
