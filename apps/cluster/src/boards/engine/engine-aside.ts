import type { Machine } from '../machine'
import { asideName, type ContainerFolders, engineName } from './container-folders'
import { orMissing, unlessSo } from './engine-replies'
import { removeFolder } from './remove-folder'

export async function removeByName({ engine }: Machine, name: string): Promise<void> {
  await unlessSo(engine.getContainer(name).remove({ force: true, v: true }))
}

/** What came in the place of a container goes, and it takes its place again, name and files; whatever half of it was done before. */
export async function undoAside(machine: Machine, { root, aside }: ContainerFolders, suffixName: string): Promise<void> {
  const { files, engine } = machine
  const there = await orMissing(engine.getContainer(asideName(suffixName)).inspect())
  if (there) {
    await removeByName(machine, engineName(suffixName))
    await engine.getContainer(there.Id).rename({ name: engineName(suffixName) })
  }
  if ((await files.kind(aside)) === undefined) return
  await removeFolder(machine, root)
  await files.rename(aside, root)
}
