import type Docker from 'dockerode'
import type { BoardAbout } from '../board'
import { boardError } from '../board-error'
import { cleanText } from '../plain-cause'
import { engineTooOld } from '../probe/engine-probe'

const MAX_TEXT = 100
/** The kernel's names of processors as Docker has them in images. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x86_64: 'amd64', aarch64: 'arm64', armv7l: 'arm', armv6l: 'arm', i686: '386' }

/**
 * What a board's Engine says of itself and its machine.
 * @throws SshConnectionError (500): it does not answer, or is too old
 */
export async function engineAbout(engine: Docker, board: string): Promise<BoardAbout> {
  const doing = 'ask its Docker Engine'
  const failed = (error: unknown) => {
    throw boardError(board, doing, error)
  }
  const [version, info] = await Promise.all([engine.version(), engine.info()]).catch(failed)
  const tooOld = engineTooOld({ version: cleanText(String(version.Version), MAX_TEXT), apiVersion: String(version.ApiVersion) })
  if (tooOld) throw boardError(board, doing, `${tooOld.what}: ${tooOld.cure}`, { reason: 'engine-too-old' })
  const architecture = cleanText(String(info.Architecture ?? version.Arch), MAX_TEXT)
  return {
    engineVersion: cleanText(String(version.Version), MAX_TEXT),
    architecture: ARCHITECTURES[architecture] ?? architecture,
    cpus: typeof info.NCPU === 'number' ? info.NCPU : null,
    memoryBytes: typeof info.MemTotal === 'number' ? info.MemTotal : null,
    gpus: null,
  }
}
