import type { AICluster } from '@aicluster/host-sdk'

/** Send a management command as it stands on the wire; resolves with the reply as it came. */
export const rawCommand = <Reply = unknown>(cluster: AICluster, command: { cmd: string; [key: string]: unknown }): Promise<Reply> =>
  (cluster as unknown as { commands: { call(command: object, options: object): Promise<Reply> } }).commands.call(command, {})
