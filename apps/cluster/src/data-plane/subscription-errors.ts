import { type AIClusterError, clusterError } from '@aicluster/protocol'

/** 302: nothing will ever be published under this name. */
export const noSource = (name: string): AIClusterError =>
  clusterError('invalidParameter', {
    detail: `inference_name: ${name} is no source; set input: 'None' and output: 'Main' in its config`,
    details: { field: 'inference_name', value: name, inference_name: name },
  })

/** 300: nothing more will come. */
export const unloaded = (name: string): AIClusterError =>
  clusterError('inferenceNotFound', { detail: `${name}: it was unloaded`, details: { inference_name: name } })
