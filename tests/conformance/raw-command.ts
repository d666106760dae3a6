import type { AICluster, ManageCallback } from '@aicluster/host-sdk'
import { commandSenderOf } from '../worlds/raw-command'

/**
 * The command as the SDK sends it: `body` is what leaves, as it is. The name by which the SDK knows its command, for errors and
 * callbacks, does not travel unless it is in the body.
 */
const commandOf = (name: string, body: object): object =>
  Object.hasOwn(body, 'cmd') ? body : Object.defineProperty(body, 'cmd', { value: name, enumerable: false })

/** Send any body at all as a command over the SDK's own connection; the SDK makes an error of the reply. */
export const rawCall = (cluster: AICluster, name: string, body: object): Promise<unknown> =>
  commandSenderOf(cluster).call(commandOf(name, body), {})

/** The same in the form that calls back. */
export const rawCallAsync = (cluster: AICluster, name: string, body: object, callback: ManageCallback | undefined): string =>
  commandSenderOf(cluster).callAsync(
    () => commandOf(name, body),
    callback,
    (reply) => reply,
  )
