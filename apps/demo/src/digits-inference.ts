import { fileURLToPath } from 'node:url'
import type { ContainerConfig } from '@aicluster/host-sdk'

/** The inference's name. */
export const DIGITS = 'digits'

/** What the cluster must know to run `container.js`: which program, which files it needs, how much it takes at once. */
export const digitsInference = (program: URL, model: URL): ContainerConfig => ({
  name: DIGITS,
  implementationType: 'other',
  runCommand: [process.execPath, fileURLToPath(program)],
  copy: { From: fileURLToPath(model), To: 'digits.onnx' },
  env: { ORT_DISABLE_TELEMETRY: '1' },
  maxSendNum: 8,
  sendTimeout: 20_000,
  waitQueueTimeout: 20_000,
})

/** An image as a tar file, with this program in it. */
export interface ProgramImage {
  /** Absolute. */
  folder: string
  filename: string
  tag: string
  command: string[]
}

/** The same in a container. What a board held that was cut off is read again by another: the model answers the same everywhere. */
export const digitsInContainers = (image: ProgramImage, model: URL): ContainerConfig => ({
  name: DIGITS,
  implementationType: 'docker',
  imagePath: image.folder,
  imageFilename: image.filename,
  imageTag: image.tag,
  runCommand: image.command,
  copy: { From: fileURLToPath(model), To: 'digits.onnx' },
  maxSendNum: 8,
  redeliver: true,
  sendTimeout: 20_000,
  waitQueueTimeout: 20_000,
})
