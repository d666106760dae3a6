import type Docker from 'dockerode'
import type { Machine } from '../machine'
import { asideName, type ContainerFolders, engineName, instanceIn } from './container-folders'
import { INSTANCE_LABEL } from './container-labels'
import { orMissing, unlessSo } from './engine-replies'
import { removeFolder } from './remove-folder'

export async function removeByName({ engine }: Machine, name: string): Promise<void> {
  await unlessSo(engine.getContainer(name).remove({ force: true, v: true }))
}

/** An Engine refuses to give a container the name that it has. */
export async function renameTo(container: Docker.Container, name: string): Promise<void> {
  if ((await container.inspect()).Name !== `/${name}`) await container.rename({ name })
}

/** Nothing of an earlier container is in the way of one that is to be set aside. */
export async function removeAside(machine: Machine, { aside }: ContainerFolders, suffixName: string): Promise<void> {
  await removeByName(machine, asideName(suffixName))
  await removeFolder(machine, aside)
}

/** Whether this instance is set aside, by its container, its files or both: a connection that was lost may have left half of it. */
export async function isAside(machine: Machine, { aside }: ContainerFolders, suffixName: string, instance: string): Promise<boolean> {
  const there = await orMissing(machine.engine.getContainer(asideName(suffixName)).inspect())
  return there?.Config.Labels[INSTANCE_LABEL] === instance || (await instanceIn(machine, aside)) === instance
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
