import type { CommandOf, CoprocessorView } from '@aicluster/protocol'
import type { ControlPlane } from '../control-plane/control-plane'
import { selectRecords } from './select'

/** The boards on which the inference is registered, or every board. */
export async function getCoprocessorHandler(
  plane: ControlPlane,
  command: CommandOf<'get_coprocessor_handler'>,
): Promise<CoprocessorView[]> {
  const boards = [...plane.boards.values()]
  const used = command.inference_name ? new Set(selectRecords(plane, command.inference_name).flatMap((record) => record.boards)) : undefined
  return boards.filter(({ name }) => !used || used.has(name)).map(({ name, ip, driver }) => ({ name, ip, driver }))
}
