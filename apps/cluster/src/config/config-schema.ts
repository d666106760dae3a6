import { z } from 'zod'
import { ClusterConfig } from './cluster-config'

/** A JSON schema, as far as ours use the language. */
export interface JsonSchema {
  type?: string
  description?: string
  default?: unknown
  const?: unknown
  enum?: readonly unknown[]
  minimum?: number
  maximum?: number
  properties?: Record<string, JsonSchema>
  items?: JsonSchema
  oneOf?: JsonSchema[]
}

/** The JSON schema of `cluster.yaml`, for editors and for whoever asks which keys there are. */
export const clusterConfigSchema = (): JsonSchema => ({
  ...({ title: 'AICluster manager configuration (cluster.yaml)' } satisfies Record<string, string>),
  ...(z.toJSONSchema(ClusterConfig, { io: 'input', target: 'draft-7' }) as JsonSchema),
})

/** Everything that may stand at a place: the branches of a choice are looked at together. */
export function schemasAt(root: JsonSchema, path: readonly PropertyKey[]): JsonSchema[] {
  let here = branches(root)
  for (const key of path) {
    here = here
      .flatMap(({ properties, items }) => (typeof key === 'number' ? (items ?? []) : (properties?.[String(key)] ?? [])))
      .flatMap(branches)
  }
  return here
}

const branches = (schema: JsonSchema): JsonSchema[] => schema.oneOf ?? [schema]
