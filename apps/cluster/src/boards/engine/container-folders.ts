import { posix } from 'node:path'
import type { Machine } from '../machine'

/** What it is called on its Engine. */
export const engineName = (suffixName: string): string => `aicluster-${suffixName}`
/** The same while another container of its name is tried. */
export const asideName = (suffixName: string): string => `aicluster-before-${suffixName}`

/** The folders of one container on its machine. All absolute, all below one folder, so that renaming is one step. */
export interface ContainerFolders {
  /** All of it. */
  root: string
  /** Its files; it may write there. */
  app: string
  secret: string
  /** Whose folder it is: a file with the instance, see {@link instanceIn}. */
  instance: string
  /** Where all of it lies while another container of its name is tried. */
  aside: string
  /** Where files wait for their places in `app`. */
  beside: string
}

/** One part of a path that is neither hidden nor `.` nor `..`. */
export const FOLDER_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$/

const INSTANCE_FILE = 'instance'
const ASIDE = '.before-'
const BESIDE = '.put-'

/** @param folder - where the folders of all containers lie: absolute, or relative to the home folder there */
export const allFolder = (machine: Machine, folder: string): string => posix.resolve(machine.home, folder)

export function foldersOf(machine: Machine, folder: string, suffixName: string): ContainerFolders {
  const all = allFolder(machine, folder)
  const root = posix.join(all, suffixName)
  return {
    root,
    app: posix.join(root, 'app'),
    secret: posix.join(root, 'secret'),
    instance: posix.join(root, INSTANCE_FILE),
    aside: posix.join(all, `${ASIDE}${suffixName}`),
    beside: posix.join(all, `${BESIDE}${suffixName}`),
  }
}

/** Whose a folder is, by its file; undefined where there is none. */
export const instanceIn = async ({ files }: Pick<Machine, 'files'>, folder: string): Promise<string | undefined> =>
  (await files.read(posix.join(folder, INSTANCE_FILE), 1024))?.toString('utf8')

/** Whose a folder beside the others is. */
export const suffixNameOf = (folderName: string): string => folderName.replace(/^\.(before|put)-/, '')
