import { asAIClusterError, clusterError, encodeErrorHeader, encodeMsgpack, errorHeader } from '@aicluster/protocol'
import { runCommand } from '../commands/run-command'
import type { DataPlaneEvent } from '../data-plane/control-messages'
import type { ControlPlane } from './control-plane'
import { throttled } from './throttled-progress'

type CommandEvent = Extract<DataPlaneEvent, { type: 'command' }>

/** Commands that are being carried out: their reply, their progress, their cancellation. */
export class CommandsInProgress {
  /** By session and request number. */
  private readonly aborts = new Map<string, AbortController>()

  constructor(private readonly plane: ControlPlane) {}

  /** Never rejects: whatever a command holds, it ends with a reply or an error. */
  async run({ session, request, command, from, principal }: CommandEvent): Promise<void> {
    const { dataPlane, log } = this.plane.options
    const abort = new AbortController()
    const key = keyOf(session, request)
    this.aborts.set(key, abort)
    const progress = throttled((view) => dataPlane.answer({ type: 'progress', session, request, payload: encodeMsgpack(view) }))
    try {
      const result = await runCommand(this.plane, command, { session, from, principal, signal: abort.signal, progress })
      dataPlane.answer({ type: 'reply', session, request, payload: encodeMsgpack(result) })
    } catch (error) {
      const failure = asAIClusterError(error)
      if (failure.code === 999) log.error({ err: error }, 'a command failed inside')
      dataPlane.answer({
        type: 'commandError',
        session,
        request,
        payload: encodeErrorHeader(this.plane.given.inOwnWords(errorHeader(failure))),
      })
    } finally {
      this.aborts.delete(key)
    }
  }

  /** Its application has given it up. */
  cancel(session: number, request: number): void {
    this.aborts
      .get(keyOf(session, request))
      ?.abort(clusterError('requestAborted', { detail: 'the application gave the command up, and what it had done was taken back' }))
  }
}

const keyOf = (session: number, request: number): string => `${session}:${request}`
