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
