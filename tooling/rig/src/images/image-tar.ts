import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { pack } from 'tar-stream'
import { addFile, type Layer } from './layer'

export interface ImageConfig {
  /** As the Engine names it, `NAME:TAG`. */
  tag: string
  /** Default: this machine's. */
  architecture?: string | undefined
  /** What runs unless somebody says otherwise. */
  command: readonly string[]
  environment?: Readonly<Record<string, string>> | undefined
  user?: string | undefined
}

const ARCHITECTURES: Partial<Record<NodeJS.Architecture, string>> = { x64: 'amd64', arm64: 'arm64', arm: 'arm' }

/** An architecture as images call it. */
export const imageArchitecture = (architecture: NodeJS.Architecture): string => ARCHITECTURES[architecture] ?? architecture

/**
 * Write what `docker save` would write, without an Engine.
 * @returns the image's id, `sha256:…`: the digest of its config
 */
export async function writeImageTar(file: string, layers: readonly Layer[], image: ImageConfig): Promise<string> {
  const config = JSON.stringify({
    architecture: image.architecture ?? imageArchitecture(process.arch),
    os: 'linux',
    created: '1970-01-01T00:00:00Z',
    config: {
      Env: Object.entries({ PATH: '/usr/local/bin:/usr/bin:/bin', ...image.environment }).map(([name, value]) => `${name}=${value}`),
      Cmd: image.command,
      WorkingDir: '/',
      ...(image.user !== undefined && { User: image.user }),
    },
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
    history: layers.map(() => ({ created: '1970-01-01T00:00:00Z', created_by: 'tooling/rig' })),
  })
  const digest = createHash('sha256').update(config).digest('hex')
  const layerPaths = layers.map((layer) => `${layer.digest.replace('sha256:', '')}/layer.tar`)
  const manifest = [{ Config: `${digest}.json`, RepoTags: [image.tag], Layers: layerPaths }]

  const tar = pack()
  const written = pipeline(tar, createWriteStream(file))
  const fed = (async () => {
    const common = { mtime: new Date(0), mode: 0o644, uid: 0, gid: 0 }
    tar.entry({ ...common, name: `${digest}.json` }, config)
    for (const [index, layer] of layers.entries()) await addFile(tar, { ...common, name: layerPaths[index] as string }, layer.file)
    tar.entry({ ...common, name: 'manifest.json' }, JSON.stringify(manifest))
    tar.finalize()
  })()
  await Promise.all([fed, written])
  return `sha256:${digest}`
}
