import type { MessagePort } from 'node:worker_threads'
import type { CallName, ControlAnswer, DataPlaneCalls, DataPlaneEvent, ToControlPlane, ToDataPlane } from '../data-plane/control-messages'

type Argument<Name extends CallName> = Parameters<DataPlaneCalls[Name]>[0]
type Result<Name extends CallName> = ReturnType<DataPlaneCalls[Name]>

/** The control plane's end of the two threads' conversation. */
export class DataPlaneClient {
  private readonly waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>()
  private lastId = 0

  constructor(
    private readonly port: MessagePort,
    onEvent: (event: DataPlaneEvent) => void,
  ) {
    port.on('message', (message: ToControlPlane) => {
      if (message.type === 'event') return onEvent(message.event)
      const call = this.waiting.get(message.id)
      this.waiting.delete(message.id)
      if (message.type === 'done') call?.resolve(message.result)
      else call?.reject(new Error(`the data plane failed: ${message.message}`))
    })
  }

  /** Resolves when the data plane has done it. */
  call<Name extends CallName>(name: Name, ...[argument]: Argument<Name> extends undefined ? [] : [Argument<Name>]): Promise<Result<Name>> {
    const id = ++this.lastId
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve: resolve as (result: unknown) => void, reject })
      this.post({ type: 'call', id, name, argument })
    })
  }

  answer(answer: ControlAnswer): void {
    this.post({ type: 'answer', answer })
  }

  broadcast(payload: Uint8Array): void {
    this.post({ type: 'broadcast', payload })
  }

  private post(message: ToDataPlane): void {
    this.port.postMessage(message)
  }
}
