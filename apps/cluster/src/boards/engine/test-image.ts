import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { pack } from 'tar-stream'

/** A small image for tests, made without any Engine: busybox and what a test adds. */
export interface TestImageOptions {
  tag?: string | undefined
  architecture?: string
  user?: string
  command?: string[]
  /** Further files, by absolute path. */
  files?: Record<string, string>
  /** Bytes of a file that cannot be compressed. */
  ballast?: number
  /** Without the program: for tests that never run it. */
  empty?: boolean
}

const ENTRIES = { uid: 0, gid: 0, mtime: new Date(0) }
const APPLETS = ['sh', 'sleep', 'echo', 'cat', 'ls', 'id', 'env', 'dd', 'head', 'tail', 'true', 'false', 'stat', 'pwd', 'yes', 'tr', 'rm']
const PASSWD = 'root:x:0:0:root:/root:/bin/sh\nworker:x:1234:2345:worker:/home/worker:/bin/sh\n'
const GROUP = 'root:x:0:\nworker:x:2345:\nvideo:x:44:\n'

async function tarOf(add: (tar: ReturnType<typeof pack>) => void): Promise<Buffer> {
  const tar = pack()
  add(tar)
  tar.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of tar) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

const hexOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

function noise(bytes: number): Buffer {
  const out = Buffer.alloc(bytes)
  // xorshift: the same noise each time, so that the image is the same.
  let state = 0x9e3779b9
  for (let at = 0; at + 4 <= bytes; at += 4) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    out.writeInt32LE(state, at)
  }
  return out
}

/** The layer, the config and the manifest of such an image, by their names in the tar. */
export async function testImageParts(options: TestImageOptions = {}) {
  const { tag = 'test:1', architecture = 'amd64', user = '', command = ['/bin/sleep', '1000'], files = {}, ballast = 0, empty } = options
  const layer = await tarOf((tar) => {
    for (const folder of ['bin', 'etc', 'tmp', 'run', 'opt', 'proc', 'dev', 'sys']) {
      tar.entry({ name: `${folder}/`, type: 'directory', mode: folder === 'tmp' ? 0o1777 : 0o755, ...ENTRIES })
    }
    if (!empty) tar.entry({ name: 'bin/busybox', mode: 0o755, ...ENTRIES }, readFileSync('/bin/busybox'))
    for (const applet of APPLETS) tar.entry({ name: `bin/${applet}`, type: 'symlink', linkname: 'busybox', ...ENTRIES })
    tar.entry({ name: 'etc/passwd', ...ENTRIES }, PASSWD)
    tar.entry({ name: 'etc/group', ...ENTRIES }, GROUP)
    for (const [path, content] of Object.entries(files)) tar.entry({ name: path.slice(1), ...ENTRIES }, content)
    if (ballast > 0) tar.entry({ name: 'opt/ballast', ...ENTRIES }, noise(ballast))
  })
  const config = Buffer.from(
    JSON.stringify({
      architecture,
      os: 'linux',
      created: '2024-01-01T00:00:00Z',
      config: { Cmd: command, Env: ['PATH=/bin'], User: user },
      rootfs: { type: 'layers', diff_ids: [`sha256:${hexOf(layer)}`] },
      history: [{ created: '2024-01-01T00:00:00Z', created_by: 'test' }],
    }),
  )
  const names = { config: `${hexOf(config)}.json`, layer: `${hexOf(layer)}/layer.tar` }
  const manifest = Buffer.from(JSON.stringify([{ Config: names.config, RepoTags: tag === '' ? null : [tag], Layers: [names.layer] }]))
  return { id: `sha256:${hexOf(config)}`, names, layer, config, manifest }
}

/** A tar as `docker save` writes it, in a file. Returns the image's id. */
export async function writeTestImage(path: string, options: TestImageOptions & { gzip?: boolean } = {}): Promise<string> {
  const { id, names, layer, config, manifest } = await testImageParts(options)
  const bytes = await writeTar({ [names.layer]: layer, [names.config]: config, 'manifest.json': manifest })
  writeFileSync(path, options.gzip ? gzipSync(bytes) : bytes)
  return id
}

export const writeTar = (entries: Record<string, string | Buffer>): Promise<Buffer> =>
  tarOf((tar) => {
    for (const [name, content] of Object.entries(entries)) tar.entry({ name, ...ENTRIES }, content)
  })
