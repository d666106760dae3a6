import type { QueueInfoView } from '@aicluster/protocol'

/**
 * A request that waits in a queue of the cluster, or that a container holds.
 *
 * @see SDK API reference, chapter 7, table 7 (it swaps the first two descriptions); the attributes from `host` on are ours
 */
export class QueueInfo {
  /** Number of the request, decimal, as its call has returned it. */
  readonly requestNo: string
  /** The inference that the application addressed. */
  readonly inferenceName: string
  /** Process number of the application, on its host. */
  readonly pid: number
  /** When the request entered the queue, ISO 8601, by the manager's clock. */
  readonly mngQueueIn: string
  /** The application's host name. */
  readonly host: string
  /** `queued`: it waits; `sent`: a container holds it; `started`: that has begun with it, longer than 50 ms ago. */
  readonly state: 'queued' | 'sent' | 'started'
  /** The container that holds it; undefined while it waits. */
  readonly suffixName: string | undefined
  /** Whether this application's own session has sent it. */
  readonly own: boolean
  /** Its place in the order of arrival, over all queues of the cluster: rises, with gaps. */
  readonly order: number

  private constructor(view: QueueInfoView) {
    this.requestNo = String(view.request_no)
    this.inferenceName = view.inference_name
    this.pid = view.pid
    this.mngQueueIn = view.mng_queue_in
    this.host = view.host
    this.state = view.state
    this.suffixName = view.suffix_name ?? undefined
    this.own = view.own
    this.order = view.order
  }

  /** @internal */
  static from(view: QueueInfoView): QueueInfo {
    return new QueueInfo(view)
  }
}
