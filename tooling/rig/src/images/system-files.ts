import { existsSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { RigError } from '../rig-error'
import { runWords, tryWords } from '../run-words'
import type { LayerEntry } from './layer'

const BUSYBOX_PLACES = ['/bin/busybox', '/usr/bin/busybox']

const inImage = (path: string): string => path.replace(/^\/+/, '')

/** The shared libraries that programs and addons need, where their loader looks for them; none for a static program. */
export async function librariesOf(...files: string[]): Promise<LayerEntry[]> {
  const found = new Map<string, LayerEntry>()
  for (const file of files) {
    // It fails for a static program, and says so.
    const { stdout } = await tryWords(['ldd', file])
    for (const line of stdout.split('\n')) {
      const path = /(?:=>\s*|^\s*)(\/\S+)\s+\(0x/.exec(line)?.[1]
      if (path) found.set(path, { path: inImage(path), from: realpathSync(path), mode: 0o755 })
    }
  }
  return [...found.values()]
}

/** A shell and the usual small programs, two users, and the folders that programs expect. @throws RigError there is no busybox */
export async function baseFiles(): Promise<LayerEntry[]> {
  const busybox = BUSYBOX_PLACES.find((path) => existsSync(path))
  if (busybox === undefined) throw new RigError('no busybox: apt-get install busybox-static')
  const applets = (await runWords([busybox, '--list'])).split('\n').filter((name) => name && name !== 'busybox')
  return [
    { path: 'bin/busybox', from: realpathSync(busybox), mode: 0o755 },
    ...(await librariesOf(busybox)),
    ...applets.map((name) => ({ path: join('bin', name), linkTo: 'busybox' })),
    ...commonFiles,
  ]
}

/** Two users, and the folders that programs expect. */
export const commonFiles: readonly LayerEntry[] = [
  { path: 'etc/passwd', content: 'root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000::/home/app:/bin/sh\n' },
  { path: 'etc/group', content: 'root:x:0:\napp:x:1000:\n' },
  { path: 'etc/nsswitch.conf', content: 'hosts: files dns\n' },
  { path: 'root', folder: true, mode: 0o700 },
  { path: 'home/app', folder: true, mode: 0o777 },
  { path: 'tmp', folder: true, mode: 0o1777 },
]

/** This very Node without its symbols, as far as this machine can take them off. @param folder - where to put what has to be made */
export async function nodeFiles(folder: string): Promise<LayerEntry[]> {
  const stripped = join(folder, 'node')
  const can = await tryWords(['strip', '-o', stripped, process.execPath]).catch(() => undefined)
  const from = can?.code === 0 ? stripped : process.execPath
  return [{ path: 'usr/local/bin/node', from, mode: 0o755 }, ...(await librariesOf(process.execPath))]
}
