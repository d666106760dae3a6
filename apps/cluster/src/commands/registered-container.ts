import type { ContainerRecord, InferenceRecord } from '../registry/inference-record'

/** The record with this container in the place of the one with its name. */
export const withContainer = (record: InferenceRecord, container: ContainerRecord): InferenceRecord => ({
  ...record,
  containers: record.containers.map((other) => (other.suffix_name === container.suffix_name ? container : other)),
})
