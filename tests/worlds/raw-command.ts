import type { AICluster, ManageCallback } from '@aicluster/host-sdk'

/** What the SDK sends every command with. It is no part of its public API: only here may a command be what no method sends. */
export interface CommandSender {
  call(command: object, options: object): Promise<unknown>
  callAsync(command: () => object, callback: ManageCallback | undefined, convert: (reply: unknown) => unknown): string
}

/** The way by which this application's commands leave, and their replies come back. */
export const commandSenderOf = (cluster: AICluster): CommandSender => (cluster as unknown as { commands: CommandSender }).commands

/** Send a management command as it stands on the wire; resolves with the reply as it came. */
export const rawCommand = <Reply = unknown>(cluster: AICluster, command: { cmd: string; [key: string]: unknown }): Promise<Reply> =>
  commandSenderOf(cluster).call(command, {}) as Promise<Reply>
