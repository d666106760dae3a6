import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { ArchiveContent } from './image-archive'
import { isImageReference } from './image-reference'

/** An image tar that cannot be used; the message goes on where its path ends: `is damaged…`. */
export class ImageArchiveError extends Error {}

/** One image of an archive. */
export interface ArchiveImage {
  /** Digest of its config: the image id of an Engine with its classic store. */
  id: string
  /** Further digests by which an Engine may know it: of its manifest, of the index that names it. */
  otherIds: string[]
  /** What they can be called on an Engine, no more. */
  tags: string[]
  /** As Go spells it: `amd64`, `arm64`. */
  architecture: string
  os: string
  /** Digests of its unpacked layers. */
  layers: string[]
  /** ISO 8601, as its config has it. */
  created: string | undefined
}

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/)
const Config = z.object({
  architecture: z.string().min(1).max(64),
  os: z.string().min(1).max(64),
  created: z.string().max(64).optional(),
  rootfs: z.object({ diff_ids: z.array(digest).max(1024).nullable() }),
})
const DockerManifest = z
  .array(
    z.object({
      Config: z.string().max(4096),
      RepoTags: z.array(z.string().max(512)).max(1024).nullable().optional(),
      Layers: z.array(z.string().max(4096)).max(1024),
    }),
  )
  .min(1)
  .max(1024)
const Descriptor = z.object({
  mediaType: z.string().optional(),
  digest,
  annotations: z.record(z.string(), z.string()).optional(),
})
const OciIndex = z.object({ manifests: z.array(Descriptor).max(1024) })
const OciManifest = z.object({ config: Descriptor, layers: z.array(Descriptor).max(1024) })

/** @throws ImageArchiveError it says nothing of its images, or does not hold what it says */
export function imagesOf(content: ArchiveContent): ArchiveImage[] {
  const oci = content.json.has('index.json') ? ociImages(content) : []
  if (!content.json.has('manifest.json')) {
    if (oci.length > 0) return oci
    throw new ImageArchiveError('is no image: it has neither manifest.json nor index.json; make it by docker save (not docker export)')
  }
  return parse(content, 'manifest.json', DockerManifest).map((entry) => {
    const image = imageOf(content, entry.Config)
    for (const layer of entry.Layers) requireEntry(content, layer)
    const twin = oci.find(({ id }) => id === image.id)
    return { ...image, tags: (entry.RepoTags ?? []).filter(isImageReference), otherIds: twin?.otherIds ?? [] }
  })
}

function ociImages(content: ArchiveContent): ArchiveImage[] {
  return parse(content, 'index.json', OciIndex).manifests.flatMap((entry) => {
    const name = entry.annotations?.['io.containerd.image.name'] ?? entry.annotations?.['org.opencontainers.image.ref.name']
    const tags = [name].flatMap((text) => (text === undefined ? [] : [plainTag(text)])).filter(isImageReference)
    return ociManifests(content, entry.digest, [], 0).map((image) => ({ ...image, tags }))
  })
}

/** `docker.io/library/x:1` is `x:1` to an Engine. */
const plainTag = (name: string): string => name.replace(/^docker\.io\/(library\/)?/, '')

/** An index may name manifests of several machines, or another index. */
function ociManifests(content: ArchiveContent, of: string, above: string[], depth: number): ArchiveImage[] {
  const name = blobName(of)
  // A part for another machine that was left out, or an attestation.
  if (!content.json.has(name) || depth > 3) return []
  const manifest = OciManifest.safeParse(json(content, name))
  if (!manifest.success) {
    const inner = OciIndex.safeParse(json(content, name))
    return inner.success ? inner.data.manifests.flatMap((entry) => ociManifests(content, entry.digest, [...above, of], depth + 1)) : []
  }
  const { config, layers } = manifest.data
  if (!Config.safeParse(json(content, blobName(config.digest))).success || layers.some((layer) => layer.mediaType?.includes('in-toto')))
    return []
  for (const layer of layers) requireEntry(content, blobName(layer.digest))
  return [{ ...imageOf(content, blobName(config.digest)), otherIds: [of, ...above] }]
}

const blobName = (of: string): string => `blobs/${of.replace(':', '/')}`

function imageOf(content: ArchiveContent, configName: string): ArchiveImage {
  const bytes = content.json.get(configName)
  if (!bytes) throw new ImageArchiveError(`is damaged: ${configName} is missing`)
  const hex = createHash('sha256').update(bytes).digest('hex')
  const named = /([0-9a-f]{64})(\.json)?$/.exec(configName)?.[1]
  if (named !== undefined && named !== hex) throw new ImageArchiveError(`is damaged: ${configName} has another content than its name says`)
  const { architecture, os, created, rootfs } = parse(content, configName, Config)
  return { id: `sha256:${hex}`, otherIds: [], tags: [], architecture, os, layers: rootfs.diff_ids ?? [], created }
}

function requireEntry(content: ArchiveContent, name: string): void {
  if (!content.names.has(name)) throw new ImageArchiveError(`is damaged: layer ${name} is missing`)
}

function json(content: ArchiveContent, name: string): unknown {
  try {
    return JSON.parse(content.json.get(name)?.toString('utf8') ?? '')
  } catch {
    throw new ImageArchiveError(`is damaged: ${name} is missing, or no JSON`)
  }
}

function parse<T>(content: ArchiveContent, name: string, schema: z.ZodType<T>): T {
  const result = schema.safeParse(json(content, name))
  if (result.success) return result.data
  throw new ImageArchiveError(`is damaged, or of a kind that is not known: ${name} does not say what it should`)
}
