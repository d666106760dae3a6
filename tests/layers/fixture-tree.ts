import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const PACKAGES = ['packages/protocol', 'packages/transport', 'packages/host-sdk', 'packages/container-sdk', 'packages/testing']
const APPS = ['apps/cluster', 'apps/cli', 'apps/demo']
const FOREIGN = ['zod', 'msgpackr', 'zeromq', 'vitest', 'fast-check', 'ws']

export type Files = Record<string, string>
export type Violation = { rule: string; file: string }

/** A small repository of our shape, with our packages' own manifests, in a temporary folder. */
export class FixtureTree implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'aicluster-layers-'))

  constructor(files: Files) {
    for (const folder of [...PACKAGES, ...APPS]) {
      this.#write({ [`${folder}/src/index.ts`]: 'export const here = 1\n' })
      cpSync(join(root, folder, 'package.json'), join(this.#folder, folder, 'package.json'))
      this.#link(folder)
    }
    for (const name of FOREIGN) {
      this.#write({
        [`node_modules/${name}/package.json`]: `{ "name": "${name}", "main": "index.js" }`,
        [`node_modules/${name}/index.js`]: '',
      })
    }
    cpSync(join(root, '.dependency-cruiser.cjs'), join(this.#folder, '.dependency-cruiser.cjs'))
    this.#write({ 'tests/empty.ts': '', 'tooling/empty.ts': '', 'package.json': '{ "type": "module" }', ...files })
  }

  async violations(): Promise<Violation[]> {
    const args = ['--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'packages', 'apps', 'tests', 'tooling']
    const output = await this.#run(join(root, 'node_modules', '.bin', 'depcruise'), args)
    const { summary } = JSON.parse(output) as { summary: { violations: { rule: { name: string }; from: string }[] } }
    return summary.violations.map(({ rule, from }) => ({ rule: rule.name, file: from }))
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #write(files: Files): void {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.#folder, path)), { recursive: true })
      writeFileSync(join(this.#folder, path), text)
    }
  }

  #link(folder: string): void {
    const name = join(this.#folder, 'node_modules', '@aicluster', folder.replace(/^.*\//, ''))
    mkdirSync(dirname(name), { recursive: true })
    symlinkSync(join(this.#folder, folder), name)
  }

  /** depcruise exits with the number of violations, so only what it printed tells whether it worked. */
  #run(command: string, args: string[]): Promise<string> {
    return new Promise((resolve, reject) => {
      execFile(command, args, { cwd: this.#folder, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
        if (stdout.startsWith('{')) resolve(stdout)
        else reject(new Error(`depcruise printed no result: ${stderr || error?.message}`))
      })
    })
  }
}
