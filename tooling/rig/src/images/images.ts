import { copyFile, mkdtemp, open, rm, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ImageFile, type ImageOptions, imageFile } from './image-cache'
import { type ImageConfig, imageArchitecture } from './image-tar'
import type { LayerEntry } from './layer'
import { type OtherMachine, otherMachineFiles } from './other-machine'
import { containerSdkFiles, onnxFiles } from './package-files'
import { baseFiles, commonFiles, nodeFiles } from './system-files'

export interface TinyImage extends Partial<ImageConfig> {
  /** Written to `/label` in the image: another label, another image. */
  label?: string
}

export interface NodeImage extends Partial<ImageConfig> {
  /** onnxruntime-node is in it as well. Default false: it is 45 MB. */
  onnx?: boolean
  /** Further files: from this machine, to an absolute path in the image. */
  files?: readonly { from: string; to: string }[]
  /** For another kind of machine than this; there is no shell in it then. */
  machine?: OtherMachine
}

/** 2 MB: busybox alone. Sleeps for ever, unless told otherwise. @throws RigError there is no busybox */
export async function tinyImage({ label = '', ...config }: TinyImage = {}, options?: ImageOptions): Promise<ImageFile> {
  const layers = [await baseFiles(), [{ path: 'label', content: label }]]
  // `exec` and no shell as pid 1: it would not pass SIGTERM on.
  const command = ['sh', '-c', 'trap "exit 0" TERM; while :; do sleep 1 & wait $!; done']
  return imageFile({ name: 'tiny', layers, config: { tag: 'aicluster-tiny:1', command, ...config } }, options)
}

/**
 * About 100 MB: this Node, a shell, and `@aicluster/container-sdk`, which any program in the image can import, wherever it lies.
 * @throws RigError there is no busybox, or the workspace is not built
 */
export async function nodeImage(
  { onnx = false, files = [], machine, ...config }: NodeImage = {},
  options?: ImageOptions,
): Promise<ImageFile> {
  const work = await mkdtemp(join(tmpdir(), 'aicluster-image-'))
  try {
    const own: LayerEntry[] = files.map(({ from, to }) => ({ path: to.replace(/^\/+/, ''), from }))
    const architecture = machine?.architecture ?? process.arch
    const packages = [...(await containerSdkFiles(architecture)), ...(onnx ? await onnxFiles(architecture) : [])]
    const system = machine ? [...commonFiles, ...otherMachineFiles(machine)] : [...(await baseFiles()), ...(await nodeFiles(work))]
    // What changes least lies lowest.
    const layers = [system, packages, ...(own.length > 0 ? [own] : [])]
    const environment = { ...(onnx && { ORT_DISABLE_TELEMETRY: '1' }), ...config.environment }
    const name = `${onnx ? 'node-onnx' : 'node'}${machine ? `-${architecture}` : ''}`
    const common = { tag: `aicluster-${name}:1`, architecture: imageArchitecture(architecture), command: ['node'] }
    const image = { ...common, ...config, environment }
    return await imageFile({ name, layers, config: image }, options)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/** A copy that no Engine may take: `cut` ends in the middle, `garbled` has other bytes in a layer. */
export async function corruptImage({ file }: Pick<ImageFile, 'file'>, to: string, how: 'cut' | 'garbled'): Promise<string> {
  await copyFile(file, to)
  const handle = await open(to, 'r+')
  const { size } = await handle.stat()
  if (how === 'garbled') await handle.write(Buffer.alloc(4_096, 'garbled'), 0, 4_096, Math.floor(size / 2))
  await handle.close()
  if (how === 'cut') await truncate(to, Math.floor(size / 2))
  return to
}
