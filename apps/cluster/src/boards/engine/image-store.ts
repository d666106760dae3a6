import type { ContainerConfig, ImageView } from '@aicluster/protocol'
import type Docker from 'dockerode'
import type { ImageInspectInfo } from 'dockerode'
import type { BoardWork, ImageDeletion } from '../board'
import { boardError } from '../board-error'
import { type ConfigPlace, configError } from '../local/container-errors'
import { stripControl } from '../local/strip-control'
import type { Machine } from '../machine'
import { CONTAINER_LABEL } from './container-labels'
import { orMissing, statusOf, wordsOf } from './engine-replies'
import type { ImageArchive } from './image-archive'
import type { ArchiveImage } from './image-manifest'
import { DamagedImageError, loadImage } from './load-image'
import { SharedWork } from './shared-work'
import { fullTag, type WantedImage, wantedImage } from './wanted-image'

/** Images of one board that are told of. */
const MAX_IMAGES = 10_000
/** No `Date` is later. */
const MAX_SECONDS = 8.64e12

/** An image on a board, and how it came there. */
export interface ImageThere {
  image: ImageInspectInfo
  /** `present`: nothing had to travel. */
  came: 'present' | 'loaded'
}

/** The images that a board's Engine holds. */
export class ImageStore {
  readonly #uploads = new SharedWork<ImageThere>()

  constructor(
    private readonly board: string,
    private readonly machine: () => Promise<Machine>,
  ) {}

  /**
   * Whether the image of a config is there, or could be brought. Loads nothing.
   * @throws InvalidArgumentError (201, 301, 302), SshConnectionError (500)
   */
  async check(config: ContainerConfig): Promise<void> {
    const place = { board: this.board, name: config.name }
    const wanted = await wantedImage(place, config)
    const { engine } = await this.machine()
    const { architecture } = 'tag' in wanted ? asArchiveImage(await this.#byTag(place, engine, wanted.tag)) : wanted.image
    await this.#checkArchitecture(place, engine, wanted, architecture)
  }

  /** Bring the image of a config, if it is not there yet. @throws InvalidArgumentError (201, 301, 302), SshConnectionError (500), the signal's reason */
  async ensure(config: ContainerConfig, work: BoardWork): Promise<ImageThere> {
    const place = { board: this.board, name: config.name }
    const wanted = await wantedImage(place, config)
    const { engine } = await this.machine()
    if ('tag' in wanted) return { image: await this.#byTag(place, engine, wanted.tag), came: 'present' }
    const present = await this.#find(engine, wanted.image)
    if (present) return { image: present, came: 'present' }
    await this.#checkArchitecture(place, engine, wanted, wanted.image.architecture)
    return this.#uploads.run(wanted.image.id, work, (shared) => this.#load(place, engine, wanted.archive, wanted.image, shared))
  }

  /** @throws SshConnectionError (500) */
  async list(): Promise<ImageView[]> {
    const { engine } = await this.machine()
    const images = await engine.listImages().catch((error) => {
      throw boardError(this.board, 'list the images', error)
    })
    return images.slice(0, MAX_IMAGES).map(({ Id, RepoTags, Size, Created }) => ({
      id: stripControl(String(Id)),
      tags: tagsOf(RepoTags).map((tag) => stripControl(String(tag))),
      size: Size,
      created: timeOf(Created),
    }))
  }

  /** See `Board.deleteImage`. @throws SshConnectionError (500) */
  async delete(id: string): Promise<ImageDeletion> {
    const { engine } = await this.machine()
    try {
      const image = await orMissing(engine.getImage(id).inspect())
      if (!image) return { id, tags: [], deleted: true }
      const tags = tagsOf(image.RepoTags)
      const users = await engine.listContainers({ all: true, filters: { ancestor: [image.Id] } })
      if (users[0]) return { id, tags, deleted: false, kept: `in use by ${usersText(users)}` }
      return await this.#remove(engine, image, tags)
    } catch (error) {
      throw boardError(this.board, `delete image ${id}`, error)
    }
  }

  /**
   * Each tag goes, then what they named. It stays, with its tags, where somebody has begun to use it meanwhile, or other images are built
   * on it: to an Engine that is a conflict (409), or it takes the tags and says nothing more.
   */
  async #remove(engine: Docker, image: ImageInspectInfo, tags: string[]): Promise<ImageDeletion> {
    try {
      for (const name of tags.length > 0 ? tags : [image.Id]) await orMissing(engine.getImage(name).remove())
    } catch (error) {
      if (statusOf(error) !== 409) throw error
    }
    if (!(await orMissing(engine.getImage(image.Id).inspect()))) return { id: image.Id, tags, deleted: true }
    for (const name of tags) {
      // It may be another image's by now.
      const taken = await orMissing(engine.getImage(name).inspect())
      const at = name.lastIndexOf(':')
      if (!taken) await orMissing(engine.getImage(image.Id).tag({ repo: name.slice(0, at), tag: name.slice(at + 1) }))
    }
    return { id: image.Id, tags, deleted: false, kept: 'in use by another container or image' }
  }

  async #byTag(place: ConfigPlace, engine: Docker, tag: string): Promise<ImageInspectInfo> {
    const image = await orMissing(engine.getImage(tag).inspect()).catch((error) => {
      if (statusOf(error) === 400) {
        throw configError(
          place,
          'invalidParameter',
          'image_tag',
          tag,
          `is none to the Engine of this board: ${stripControl(wordsOf(error))}`,
        )
      }
      throw boardError(this.board, `look for image ${JSON.stringify(tag)}`, error)
    })
    if (image) return image
    const there = (await this.list()).flatMap(({ tags }) => tags)
    const text =
      there.length === 0 ? 'it has no image with a tag' : `it has ${there.slice(0, 20).join(', ')}${there.length > 20 ? ', …' : ''}`
    throw configError(
      place,
      'invalidParameter',
      'image_tag',
      tag,
      `is not on this board: ${text}. Give image_path and image_filename of a docker save tar, or load it there`,
    )
  }

  /** Engines differ in what they call an id: digest of the config, or of a manifest; where it is neither, the layers tell. */
  async #find(engine: Docker, wanted: ArchiveImage): Promise<ImageInspectInfo | undefined> {
    try {
      for (const id of [wanted.id, ...wanted.otherIds]) {
        const image = await orMissing(engine.getImage(id).inspect())
        if (image) return image
      }
      for (const tag of wanted.tags) {
        const image = await orMissing(engine.getImage(tag).inspect())
        if (image && isSame(image, wanted)) return image
      }
    } catch (error) {
      throw boardError(this.board, 'look for the image', error)
    }
    return undefined
  }

  async #load(place: ConfigPlace, engine: Docker, archive: ImageArchive, wanted: ArchiveImage, work: BoardWork): Promise<ImageThere> {
    try {
      const names = await loadImage(engine, archive, work)
      const image = (await this.#find(engine, wanted)) ?? (await firstOf(engine, names, wanted))
      if (image) return { image, came: 'loaded' }
    } catch (error) {
      work.signal?.throwIfAborted()
      if (error instanceof DamagedImageError) {
        throw configError(place, 'invalidParameter', 'image_filename', archive.path, `is damaged: ${stripControl(error.message)}`)
      }
      throw boardError(this.board, `load image ${archive.path}`, error)
    }
    throw boardError(this.board, `load image ${archive.path}`, new Error('the Engine took it, but does not have it'))
  }

  async #checkArchitecture(place: ConfigPlace, engine: Docker, wanted: WantedImage, architecture: string): Promise<void> {
    const version = await engine.version().catch((error) => {
      throw boardError(this.board, 'ask the Engine for its version', error)
    })
    if (architecture === version.Arch || RUNS_ALSO[version.Arch]?.includes(architecture)) return
    const [field, value] = 'tag' in wanted ? ['image_tag', wanted.tag] : ['image_filename', wanted.archive.path]
    const board = stripControl(version.Arch)
    throw configError(
      place,
      'invalidParameter',
      field,
      value,
      `is for ${stripControl(architecture)}, and this board is ${board}: build the image for ${board}`,
    )
  }
}

/** 32-bit programs on their 64-bit machines. */
const RUNS_ALSO: Readonly<Record<string, readonly string[]>> = { amd64: ['386'], arm64: ['arm'] }

/** Seconds since 1970 as text; of nonsense 1970. */
const timeOf = (seconds: number): string => new Date(Math.abs(seconds) < MAX_SECONDS ? seconds * 1000 : 0).toISOString()

const tagsOf = (tags: readonly string[] | null | undefined): string[] => (tags ?? []).filter((tag) => tag !== '<none>:<none>')

const asArchiveImage = ({ Architecture }: ImageInspectInfo) => ({ architecture: Architecture })

const isSame = (image: ImageInspectInfo, wanted: ArchiveImage): boolean =>
  image.Architecture === wanted.architecture &&
  Date.parse(image.Created) === Date.parse(wanted.created ?? '') &&
  JSON.stringify(image.RootFS.Layers ?? []) === JSON.stringify(wanted.layers)

/** An Engine of another kind: what it says it has loaded, if the layers are those of the tar. */
async function firstOf(engine: Docker, names: readonly string[], wanted: ArchiveImage): Promise<ImageInspectInfo | undefined> {
  for (const name of names) {
    const isWanted = name.startsWith('sha256:') || wanted.tags.some((tag) => fullTag(tag) === fullTag(name))
    const image = isWanted ? await orMissing(engine.getImage(name).inspect()) : undefined
    if (image && JSON.stringify(image.RootFS.Layers ?? []) === JSON.stringify(wanted.layers)) return image
  }
  return undefined
}

function usersText(users: readonly Docker.ContainerInfo[]): string {
  const names = users.map(({ Names, Labels, Id }) => Labels[CONTAINER_LABEL] ?? Names[0]?.slice(1) ?? Id.slice(0, 12))
  const shown = names.slice(0, 5).map((name) => `"${stripControl(name)}"`)
  return `container${names.length > 1 ? 's' : ''} ${shown.join(', ')}${names.length > 5 ? ` and ${names.length - 5} more` : ''}`
}
