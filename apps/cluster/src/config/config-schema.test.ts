import { expect, it } from 'vitest'
import { clusterConfigSchema, type JsonSchema } from './config-schema'

/** As the formatter of the repository would write it: lists of plain values on one line. */
const written = (schema: JsonSchema): string =>
  `${JSON.stringify(schema, null, 2).replace(/\[\n\s+([^[\]{}]*?)\n\s+\]/g, (_, items: string) => `[${items.replace(/,\s+/g, ', ')}]`)}\n`

it('the JSON schema for editors is up to date (to renew it: npx vitest run src/config -u)', async () => {
  await expect(written(clusterConfigSchema())).toMatchFileSnapshot('../../cluster.schema.json')
})

it('every key of the JSON schema has a description', () => {
  const bare = (schema: JsonSchema, path: string): string[] => [
    ...Object.entries(schema.properties ?? {}).flatMap(([key, inner]) => [
      ...(inner.description ? [] : [`${path}${key}`]),
      ...bare(inner, `${path}${key}.`),
    ]),
    ...(schema.items ? bare(schema.items, `${path}[].`) : []),
    ...(schema.oneOf ?? []).flatMap((branch) => bare(branch, path)),
  ]
  expect(bare(clusterConfigSchema(), '')).toEqual([])
})
