import { stat } from 'node:fs/promises'
import { isAbsolute } from 'node:path'
import { type ContainerConfig, namedPaths } from '@aicluster/protocol'
import { type ConfigPlace, configError } from '../local/container-errors'
import { type ImageArchive, readImageArchive } from './image-archive'
import { type ArchiveImage, ImageArchiveError } from './image-manifest'
import { isImageReference } from './image-reference'

/** What a config's container is made from: an image out of a tar on this machine, or one that the board has by this tag. */
export type WantedImage = { archive: ImageArchive; image: ArchiveImage } | { tag: string }

/** `name` is `name:latest` to an Engine. */
export const fullTag = (tag: string): string => (/[:@][^/]*$/.test(tag) ? tag : `${tag}:latest`)

/**
 * @throws InvalidArgumentError (201) no image is named; (301) the tar cannot be read; (302) it is none, is damaged, or does not hold `image_tag`
 */
export async function wantedImage(place: ConfigPlace, config: ContainerConfig): Promise<WantedImage> {
  const tag = config.image_tag ?? undefined
  const path = await archivePath(place, config)
  if (path === undefined && tag === undefined) {
    throw configError(
      place,
      'requiredKeyMissing',
      'image_tag',
      undefined,
      'is required with implementation_type "docker" and "nvidia": give the tag of an image on the board, or image_path and image_filename of a docker save tar',
    )
  }
  if (tag !== undefined && !isImageReference(tag)) {
    throw configError(
      place,
      'invalidParameter',
      'image_tag',
      tag,
      'must be the name of an image: [host[:port]/]name[:tag], the name in lower case',
    )
  }
  if (path === undefined) return { tag: tag as string }
  const archive = await read(place, path)
  return { archive, image: choose(place, archive, tag) }
}

async function archivePath(place: ConfigPlace, config: ContainerConfig): Promise<string | undefined> {
  const folder = config.image_path ?? undefined
  const file = config.image_filename ?? undefined
  if (folder === undefined && file === undefined) return undefined
  if (folder !== undefined && !isAbsolute(folder)) {
    throw configError(place, 'invalidParameter', 'image_path', folder, "must be an absolute path on the application's machine")
  }
  if (file !== undefined && folder === undefined && !isAbsolute(file)) {
    throw configError(
      place,
      'requiredKeyMissing',
      'image_path',
      undefined,
      `is required: image_filename ${JSON.stringify(file)} is looked for in it`,
    )
  }
  // As it was judged by `file_roots`: put together in another way, a `..` after a link leads elsewhere.
  if (file !== undefined) return namedPaths(config).find(({ field }) => field.startsWith('image_'))?.path
  const isFolder = await stat(folder as string).then(
    (stats) => stats.isDirectory(),
    () => false,
  )
  if (isFolder)
    throw configError(
      place,
      'requiredKeyMissing',
      'image_filename',
      undefined,
      `is required: image_path ${JSON.stringify(folder)} is a folder`,
    )
  return folder
}

async function read(place: ConfigPlace, path: string): Promise<ImageArchive> {
  try {
    return await readImageArchive(path)
  } catch (error) {
    if (error instanceof ImageArchiveError) throw configError(place, 'invalidParameter', 'image_filename', path, error.message)
    const { code } = error as NodeJS.ErrnoException
    const why = code === 'ENOENT' ? 'does not exist' : code === 'EACCES' ? 'may not be read by the manager' : `cannot be read (${code})`
    throw configError(place, 'configFileUnreadable', 'image_filename', path, why)
  }
}

function choose(place: ConfigPlace, { path, images }: ImageArchive, tag: string | undefined): ArchiveImage {
  const tags = images.flatMap((image) => image.tags)
  const there = tags.length === 0 ? 'it has no tags' : `it has ${tags.slice(0, 20).join(', ')}`
  const found = tag === undefined ? images : images.filter((image) => image.tags.some((own) => fullTag(own) === fullTag(tag)))
  const [image] = found
  if (!image) throw configError(place, 'invalidParameter', 'image_tag', tag, `is not in ${path}: ${there}`)
  if (tag === undefined && found.some(({ id }) => id !== image.id)) {
    throw configError(place, 'requiredKeyMissing', 'image_tag', undefined, `is required: ${path} holds ${images.length} images; ${there}`)
  }
  return image
}
