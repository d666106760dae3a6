import type { ContainerHandlerView } from '@aicluster/protocol'
import type { DefaultsConfig } from '../config/cluster-config'
import type { ControlPlane } from '../control-plane/control-plane'
import { endpointsOf, implementationOf } from '../registry/container-config-rules'
import type { ContainerRecord, InferenceRecord } from '../registry/inference-record'
import { responseTimeoutMs, sendTimeoutMs } from '../registry/projection'
import { containersOf } from './select'

const msOrNever = (ms: number): number | 'never' => (ms === Number.POSITIVE_INFINITY ? 'never' : ms)

/** What a client sees of a registered container: the config with every default filled in. */
export function containerView(
  { config, boards }: InferenceRecord,
  container: ContainerRecord,
  defaults: DefaultsConfig,
): ContainerHandlerView {
  return {
    name: config.name,
    suffix_name: container.suffix_name,
    image_path: config.image_path ?? null,
    image_file: config.image_filename ?? null,
    image_tag: config.image_tag ?? null,
    run_command: config.run_command ?? null,
    run_option: config.run_option ?? null,
    allocated_coprocessor: container.board,
    max_send_num: config.max_send_num ?? 1,
    host_location: boards,
    implementation_type: implementationOf(config),
    ...endpointsOf(config),
    send_timeout: msOrNever(sendTimeoutMs(config, defaults)),
    wait_queue_timeout: msOrNever(responseTimeoutMs(config, defaults)),
    script_path: config.script_path ?? null,
    inference_modules: config.inference_modules ?? null,
    copy: config.copy ?? null,
  }
}

/** Every container of these records, as a client sees it. */
export const handlersOf = (plane: ControlPlane, records: readonly InferenceRecord[]): ContainerHandlerView[] =>
  containersOf(records).map(({ record, container }) => containerView(record, container, plane.options.config.defaults))
