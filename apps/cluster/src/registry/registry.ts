import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { servedNames } from './container-config-rules'
import { FilesAtOnce } from './files-at-once'
import type { ContainerRecord, InferenceRecord } from './inference-record'
import { InferenceRecord as InferenceRecordSchema } from './inference-record'
import { readJsonFile } from './json-file'

/** What is registered: the truth, in memory and on disk. The data plane holds a projection of it. */
export class Registry {
  private readonly records = new Map<string, InferenceRecord>()
  private readonly files: FilesAtOnce
  /** Records that are so, and could not be written. */
  private readonly unwritten = new Set<string>()
  private lastWrite: Promise<unknown> = Promise.resolve()

  constructor(private readonly folder: string) {
    this.files = new FilesAtOnce(folder)
  }

  /**
   * Read the inference config files.
   * @returns files that could not be read, with the reason; they are left as they are
   */
  async load(): Promise<{ file: string; reason: string }[]> {
    const broken: { file: string; reason: string }[] = []
    await this.files.recover()
    for (const file of (await readdir(this.folder)).filter((name) => name.endsWith('.json'))) {
      try {
        const record = InferenceRecordSchema.parse(await readJsonFile(join(this.folder, file)))
        this.records.set(record.config.name, record)
      } catch (error) {
        broken.push({ file, reason: error instanceof Error ? error.message : String(error) })
      }
    }
    return broken
  }

  get(name: string): InferenceRecord | undefined {
    return this.records.get(name)
  }

  all(): InferenceRecord[] {
    return [...this.records.values()]
  }

  /** The text of an inference's config file as it is now; undefined: there is none. */
  async readFile(name: string): Promise<string | undefined> {
    return readFile(this.pathOf(name), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    })
  }

  /** A name that another config than `own` serves, or its own one, and that differs from this one by case alone, if there is one. */
  caseTwin(name: string, own: string): string | undefined {
    return this.all()
      .flatMap(({ config }) => (config.name === own ? [config.name] : servedNames(config)))
      .find((known) => known !== name && known.toLowerCase() === name.toLowerCase())
  }

  set(record: InferenceRecord): Promise<void> {
    return this.change([record])
  }

  delete(name: string): Promise<void> {
    return this.change([], [name])
  }

  /** All of it counts, or, where it throws or the manager dies, nothing. */
  change(set: readonly InferenceRecord[], gone: readonly string[] = []): Promise<void> {
    return this.inTurn(() => this.write(set, gone))
  }

  /**
   * What is so already, whether it can be written or not: it counts at once, and is written with the next change at the latest.
   * @throws what went wrong: a manager that dies before that leaves what was registered before
   */
  keep(record: InferenceRecord): Promise<void> {
    return this.inTurn(() => this.keepNow(record))
  }

  /** Like {@link Registry.keep}, for one of the containers of an inference; nothing happens where it is none of them. */
  keepContainer(name: string, container: ContainerRecord): Promise<void> {
    return this.inTurn(async () => {
      const record = this.records.get(name)
      if (!record?.containers.some(({ instance }) => instance === container.instance)) return
      const containers = record.containers.map((other) => (other.instance === container.instance ? container : other))
      await this.keepNow({ ...record, containers })
    })
  }

  private async keepNow(record: InferenceRecord): Promise<void> {
    this.records.set(record.config.name, record)
    this.unwritten.add(record.config.name)
    await this.write([], [])
  }

  private async write(set: readonly InferenceRecord[], gone: readonly string[]): Promise<void> {
    const late = [...this.unwritten].flatMap((name) => this.records.get(name) ?? [])
    const written = new Map([...late, ...set].map((record) => [fileOf(record.config.name), record]))
    for (const name of gone) written.delete(fileOf(name))
    if (written.size + gone.length === 0) return
    await this.files.change({ written, removed: gone.map(fileOf) })
    this.unwritten.clear()
    for (const record of set) this.records.set(record.config.name, record)
    for (const name of gone) this.records.delete(name)
  }

  /** One write after another: containers of one inference may be started side by side. */
  private inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.lastWrite.then(work)
    this.lastWrite = done.catch(() => {})
    return done
  }

  pathOf(name: string): string {
    return join(this.folder, fileOf(name))
  }
}

const fileOf = (name: string): string => `${name}.json`
