import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { servedNames } from './container-config-rules'
import type { ContainerRecord, InferenceRecord } from './inference-record'
import { InferenceRecord as InferenceRecordSchema } from './inference-record'
import { readJsonFile, removeFile, writeJsonFile } from './json-file'

/** What is registered: the truth, in memory and on disk. The data plane holds a projection of it. */
export class Registry {
  private readonly records = new Map<string, InferenceRecord>()
  private lastWrite: Promise<unknown> = Promise.resolve()

  constructor(private readonly folder: string) {}

  /**
   * Read the inference config files.
   * @returns files that could not be read, with the reason; they are left as they are
   */
  async load(): Promise<{ file: string; reason: string }[]> {
    const broken: { file: string; reason: string }[] = []
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
    return this.inTurn(() => this.write(record))
  }

  /** One of the containers of an inference is another record of the same instance now; nothing happens where it is none of them. */
  setContainer(name: string, container: ContainerRecord): Promise<void> {
    return this.inTurn(async () => {
      const record = this.records.get(name)
      if (!record?.containers.some(({ instance }) => instance === container.instance)) return
      const containers = record.containers.map((other) => (other.instance === container.instance ? container : other))
      await this.write({ ...record, containers })
    })
  }

  async delete(name: string): Promise<void> {
    await removeFile(this.pathOf(name))
    this.records.delete(name)
  }

  private async write(record: InferenceRecord): Promise<void> {
    await writeJsonFile(this.pathOf(record.config.name), record)
    this.records.set(record.config.name, record)
  }

  /** One write after another: containers of one inference may be started side by side. */
  private inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.lastWrite.then(work)
    this.lastWrite = done.catch(() => {})
    return done
  }

  pathOf(name: string): string {
    return join(this.folder, `${name}.json`)
  }
}
