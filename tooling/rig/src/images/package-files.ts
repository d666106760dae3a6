import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { RigError } from '../rig-error'
import type { LayerEntry } from './layer'
import { librariesOf } from './system-files'

/** Programs find their packages here, wherever in the image they lie themselves. */
const MODULES = 'node_modules'
const HERE = dirname(fileURLToPath(import.meta.url))

/** Where a package lies for those who import it from `from`. @throws RigError it is not installed */
function packageFolder(name: string, from = HERE): string {
  for (let folder = from; folder !== '/'; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name)
    if (existsSync(join(candidate, 'package.json'))) return realpathSync(candidate)
  }
  throw new RigError(`the package ${name} is not installed: npm run build`)
}

/** Of this package: we may run as source or built. */
const ownFolder = (folder = HERE): string => (existsSync(join(folder, 'tsup.config.ts')) ? folder : ownFolder(dirname(folder)))

const filesBelow = (folder: string, wanted: (path: string) => boolean): string[] =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((path) => !path.startsWith('node_modules/') && wanted(path))

const filesOf = (name: string, folder: string, wanted: (path: string) => boolean): LayerEntry[] =>
  filesBelow(folder, (path) => path === 'package.json' || wanted(path)).map((path) => ({
    path: join(MODULES, name, path),
    from: join(folder, path),
  }))

/** Also the manifests in between: they say whether a script is CommonJS. */
const isScript = (path: string): boolean => /(\.[cm]?js|(^|\/)package\.json)$/.test(path)

/** zeromq with every addon for one kind of machine: its loader tries them until one fits the image's C library. */
function zeromq(architecture: NodeJS.Architecture): LayerEntry[] {
  const folder = packageFolder('zeromq')
  const addons = `build/linux/${architecture}/node/glibc-`
  const wanted = (path: string): boolean =>
    (path.startsWith('lib/') && isScript(path)) || path === 'build/manifest.json' || path.startsWith(addons)
  return [...filesOf('zeromq', folder, wanted), ...filesOf('cmake-ts', packageFolder('cmake-ts', folder), isScript)]
}

/**
 * `@aicluster/container-sdk` in one file, and zeromq beside it; with the libraries of its addons if they are this machine's.
 * @throws RigError it is not built
 */
export async function containerSdkFiles(architecture = process.arch): Promise<LayerEntry[]> {
  const name = '@aicluster/container-sdk'
  const built = join(ownFolder(), 'dist/images/container-sdk.js')
  if (!existsSync(built)) throw new RigError(`${built} is missing: npm run build`)
  const manifest = { name, version: '0.0.0', type: 'module', exports: './index.js' }
  const native = zeromq(architecture)
  return [
    { path: join(MODULES, name, 'index.js'), from: built },
    { path: join(MODULES, name, 'package.json'), content: JSON.stringify(manifest) },
    ...native,
    ...(architecture === process.arch ? await librariesOf(...addonsOf(native)) : []),
  ]
}

/** onnxruntime-node for one kind of machine alone; it brings those of all others too, 240 MB. */
export async function onnxFiles(architecture = process.arch): Promise<LayerEntry[]> {
  const folder = packageFolder('onnxruntime-node')
  const machine = new RegExp(`^bin/napi-v\\d+/linux/${architecture}/`)
  const wanted = (path: string): boolean => (path.startsWith('dist/') && isScript(path)) || machine.test(path)
  const common = packageFolder('onnxruntime-common', folder)
  const own = filesOf('onnxruntime-node', folder, wanted)
  const libraries = architecture === process.arch ? await librariesOf(...addonsOf(own)) : []
  // Those that it brings itself lie beside the addon, where its loader looks first.
  return [
    ...own,
    ...filesOf('onnxruntime-common', common, (path) => path.startsWith('dist/') && isScript(path)),
    ...libraries.filter(isSystemLibrary),
  ]
}

const addonsOf = (entries: LayerEntry[]): string[] =>
  entries.flatMap((entry) => ('from' in entry && /\.node$/.test(entry.path) ? [entry.from] : []))
const isSystemLibrary = ({ path }: LayerEntry): boolean => /^(usr\/)?lib(64)?\//.test(path)
