import type { CommandOf } from '@aicluster/protocol'
import type { ControlPlane } from '../control-plane/control-plane'
import { noSource } from '../data-plane/subscription-errors'
import type { CommandCall } from './command-call'
import { selectRecords } from './select'

/**
 * From now on the session gets what the source publishes. Done twice it is done once.
 * @throws InferenceNameNotFoundError (300) nothing is registered; InvalidArgumentError (302) it is no source
 */
export async function subscribe(
  plane: ControlPlane,
  { inference_name: name }: CommandOf<'subscribe'>,
  { session }: CommandCall,
): Promise<Record<string, never>> {
  selectRecords(plane, name)
  const verdict = await plane.options.dataPlane.call('subscribe', { session, name })
  if (verdict === 'no source') throw noSource(name)
  // It was unloaded between the two looks: now it is not found.
  if (verdict === 'not registered') selectRecords(plane, name)
  return {}
}

/** It gets nothing more. Nothing happens if it got nothing. */
export async function unsubscribe(
  plane: ControlPlane,
  { inference_name: name }: CommandOf<'unsubscribe'>,
  { session }: CommandCall,
): Promise<Record<string, never>> {
  await plane.options.dataPlane.call('unsubscribe', { session, name })
  return {}
}
