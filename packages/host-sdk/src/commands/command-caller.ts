import { AIClusterError, asAIClusterError, type CommandInput, type CommandName, type OptionKeys } from '@aicluster/protocol'
import { requireOptions } from '../arguments'
import { CALL_KEYS, checkCallOptions, type LongCallOptions } from '../call-options'
import type { ManageCallback } from '../callbacks'
import type { ClusterLife } from '../cluster-life'
import { namesFiles } from '../files/named-files'
import { sendWithFiles } from '../files/send-with-files'
import type { SentCommand } from '../management-client'

export type CommandContent = CommandInput<CommandName>

/** What sends commands, in both forms: the cluster's own methods and those of its handlers. */
export class CommandCaller {
  constructor(private readonly life: ClusterLife) {}

  /**
   * Send a command and wait for its reply.
   * @param own - the keys that the method takes beside `signal` and `timeout`
   * @throws InvalidArgumentError (302) an unknown key: nothing is sent
   */
  async call(content: CommandContent, options: LongCallOptions, own?: OptionKeys): Promise<unknown> {
    const checked = requireOptions<LongCallOptions>(options, 'options', CALL_KEYS, own)
    checkCallOptions(checked)
    this.life.requireConnection()
    return this.begin(content, checked).reply
  }

  /**
   * Send a command; its outcome goes to `callback`, or to the common one, once this call has returned.
   *
   * @param content - makes the command, once it is known that somebody can be told
   * @param convert - makes what the callback gets of the reply; may send further commands for it
   * @param toldCode - what `content` throws with this code goes to the callback too
   * @returns the request number
   * @throws InvalidArgumentError (100): there is no callback; what `content` throws; ConnectionFailedError (111)
   */
  callAsync(
    content: () => CommandContent,
    callback: ManageCallback | undefined,
    convert: (reply: unknown) => unknown,
    toldCode?: number,
  ): string {
    const tell = this.life.callbacks.forManage(callback)
    let command: CommandContent
    try {
      command = content()
    } catch (error) {
      if (!(error instanceof AIClusterError) || error.code !== toldCode) throw error
      return this.tellLater(error, tell)
    }
    this.life.requireConnection()
    const { requestNo, reply } = this.begin(command, {})
    reply.then(convert).then(
      (result) => tell(0, '', command.cmd, result, requestNo),
      (thrown) => {
        const error = asAIClusterError(thrown)
        tell(error.code, error.message, command.cmd, undefined, requestNo)
      },
    )
    return requestNo
  }

  /** Send a command; one that names files of this machine goes once the manager has those that it does not see. */
  private begin(content: CommandContent, options: LongCallOptions): SentCommand {
    const { connection, management } = this.life
    if (!namesFiles(content)) return management.send(content, options)
    const requestNo = String(connection.numbers.take())
    const reply = management.undertake((ended) =>
      sendWithFiles(content, requestNo, options, {
        send: (command, each) => management.send(command, each).reply,
        sendOwn: (command, own) => management.send(command, own, requestNo).reply,
        ended,
        maxBodyBytes: connection.limits.maxBodyBytes,
        progress: (progress) => this.life.onProgress(progress, options.onProgress),
      }),
    )
    return { requestNo, reply }
  }

  private tellLater({ code, message, command = '' }: AIClusterError, tell: ManageCallback): string {
    this.life.requireConnection()
    const requestNo = String(this.life.connection.numbers.take())
    queueMicrotask(() => tell(code, message, command, undefined, requestNo))
    return requestNo
  }
}
