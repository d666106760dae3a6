import type { ContainerConfig } from '@aicluster/protocol'
import { checkCommandWords, checkEnvironment, checkSources } from './config-sources'
import { type ConfigPlace, configError } from './container-errors'
import { RESERVED_NAMES } from './container-files'
import { commandWords } from './program'

/** Keys that only mean something with an image. */
const IMAGE_KEYS = ['image_path', 'image_filename', 'run_option'] as const

/**
 * Whether a local board can run such a container. Reads file attributes, changes nothing.
 *
 * @throws InvalidArgumentError (302) naming board, field and value; (301) a file that cannot be read; (201) a missing key
 */
export async function checkConfig(board: string, config: ContainerConfig): Promise<void> {
  const place: ConfigPlace = { board, name: config.name }
  checkType(place, config)
  checkCommand(place, config)
  checkEnvironment(place, config)
  await checkSources(place, config, { reserved: RESERVED_NAMES, absoluteCopies: false })
}

function checkType(place: ConfigPlace, config: ContainerConfig): void {
  const type = config.implementation_type ?? 'docker'
  if (type !== 'other') {
    const cure = `cannot run on this board: it has no Docker Engine, and runs plain processes only (implementation_type "other")`
    throw configError(place, 'invalidParameter', 'implementation_type', type, cure)
  }
  for (const key of IMAGE_KEYS) {
    const value = config[key]
    if (value !== null && value !== undefined) {
      throw configError(
        place,
        'invalidParameter',
        key,
        value,
        'belongs to implementation_type "docker" or "nvidia": leave it out with "other"',
      )
    }
  }
}

function checkCommand(place: ConfigPlace, config: ContainerConfig): void {
  const command = config.run_command ?? undefined
  if (command !== undefined) checkCommandWords(place, command)
  if (command === undefined || !commandWords(command)[0]) {
    const cure = 'is required with implementation_type "other": give the program and its arguments'
    throw configError(place, 'requiredKeyMissing', 'run_command', command, cure)
  }
}
