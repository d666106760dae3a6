import type { DeviceRequest } from 'dockerode'
import { commaFields } from './comma-fields'
import { countOf, OptionValueError } from './option-values'

/** `--gpus`: `all`, `2`, `device=0`, `"device=0,2"`, `all,capabilities=utility`. */
export function gpuRequest(value: string): DeviceRequest {
  const request: DeviceRequest = { Driver: '', Capabilities: [['gpu']] }
  // Quotes that were to group "device=0,2" are gone by now: numbers that follow a device are devices too.
  let last = ''
  for (const [name, text] of commaFields(value)) {
    if (text === undefined && last === 'device') request.DeviceIDs?.push(name)
    else if (text === undefined && last === 'capabilities') request.Capabilities?.[0]?.push(name)
    else if (text === undefined) request.Count = name === 'all' ? -1 : countOf(name)
    else if (name === 'count') request.Count = text === 'all' ? -1 : countOf(text)
    else if (name === 'device') request.DeviceIDs = text.split(',')
    else if (name === 'capabilities') request.Capabilities = [['gpu', ...text.split(',')]]
    else throw new OptionValueError(`has ${JSON.stringify(name)}, which is not supported: give all, a number, device=… or capabilities=…`)
    if (text !== undefined) last = name
  }
  if (request.Count === undefined && request.DeviceIDs === undefined) request.Count = -1
  if (request.Count !== undefined && request.DeviceIDs !== undefined)
    throw new OptionValueError('names both a number of GPUs and devices: give one')
  return request
}
