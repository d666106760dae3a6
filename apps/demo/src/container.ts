/**
 * The program in each container: reads a handwritten digit.
 *
 * The cluster starts it in a folder of its own, where the config's `copy` has put the model, and tells the Connector
 * through the environment where the manager is.
 */
import { Connector, container_log_util } from '@aicluster/container-sdk'
import { InferenceSession, Tensor } from 'onnxruntime-node'

container_log_util.log_setting('digits')

// One thread: the model is small, and the other boards want the machine's cores too.
const model = await InferenceSession.create('digits.onnx', { intraOpNumThreads: 1, interOpNumThreads: 1 })
const connector = await Connector.open()
process.once('SIGTERM', () => void connector.close())
container_log_util.info('the model is loaded, requests are welcome')

await connector.serve(async ({ image }) => {
  if (image.dtype !== 'uint8' || String(image.shape) !== '8,8') {
    throw new Error(`the image is ${image.dtype} [${image.shape}], it must be uint8 [8,8]`)
  }
  const outputs = await model.run({ image: new Tensor('uint8', image.data as Uint8Array, [1, 8, 8]) })
  const scores = Array.from(outputs.probabilities?.data as Float32Array)
  const probability = Math.max(...scores)
  return { digit: scores.indexOf(probability), probability }
})
