import { basename, dirname, join } from 'node:path'

/** Where the files of a container lie while another one of its name is tried: beside its folder, under a name that no container has. */
export const asideOf = (folder: string): string => join(dirname(folder), `.before-${basename(folder)}`)
