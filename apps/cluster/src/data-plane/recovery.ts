import { DEFAULT_RECONNECT_TIMEOUT_MS, MAX_RECONNECT_TIMEOUT_MS } from '@aicluster/protocol'
import type { DispatchRequest } from '../dispatch/dispatch-request'
import type { HandOutJournal } from '../journal/hand-out-journal'
import type { ContainerSession } from './container-session'
import type { RequestFlow } from './request-flow'

/** How long a manager that has just started waits for the containers of its predecessor before it counts their requests as lost, in ms. */
const CONTAINER_GRACE_MS = 3_000
/**
 * How long what a container has from before may wait for its application, in ms, from when the container is back: as long as sessions
 * do, and the time to come back.
 */
const CLAIM_TIMEOUT_MS = DEFAULT_RECONNECT_TIMEOUT_MS + 5_000

/**
 * Requests that an earlier manager had accepted. Applications send them again; containers say what they hold or have answered;
 * the journal says what may have begun. Together they tell which run on, which are 402 and which can be run as if new.
 */
export class Recovery {
  /**
   * Containers that hold, or have answered, what no application has asked for again yet, in the order in which they came back, and
   * when that ends. What they say is not proven, and counts only for what they serve: one that lists numbers of others neither gets
   * their requests nor keeps them from who has them. Of two that serve a request's queue, either could have got it; the first has it.
   */
  private readonly claimants = new Map<ContainerSession, NodeJS.Timeout>()
  /** Containers of the earlier manager that have not come back yet. */
  private readonly awaited = new Set<string>()
  /** Requests that one of those may hold. */
  private waiting: DispatchRequest[] = []
  private readonly recalls = new Set<ContainerSession>()
  private graceOver = false
  private graceTimer: NodeJS.Timeout | undefined
  private journalTimer: NodeJS.Timeout | undefined
  private journalForgotten = false

  constructor(
    private readonly flow: () => RequestFlow,
    private readonly journal: HandOutJournal,
  ) {}

  /** What no application has asked for again. */
  get openClaims(): number {
    let open = 0
    for (const { claims } of this.claimants.keys()) open += claims.size
    return open
  }

  get waitingRequests(): number {
    return this.waiting.length
  }

  /** Numbers that a successor of this manager may be asked about. */
  *claimedNumbers(): Iterable<number> {
    for (const { claims } of this.claimants.keys()) yield* claims.keys()
  }

  /** A container that runs on from before is expected back. */
  expect(instance: string): void {
    if (!this.graceOver) this.awaited.add(instance)
  }

  /** Applications and containers are let in from now on. */
  open(): void {
    this.graceTimer = setTimeout(() => this.endGrace(), CONTAINER_GRACE_MS)
    this.journalTimer = setTimeout(() => this.forgetJournal(), MAX_RECONNECT_TIMEOUT_MS + CLAIM_TIMEOUT_MS)
  }

  close(): void {
    clearTimeout(this.graceTimer)
    clearTimeout(this.journalTimer)
    for (const timer of this.claimants.values()) clearTimeout(timer)
  }

  /** A container of an earlier epoch is connected: what it holds occupies its credits, what it has answered it keeps. */
  connected(container: ContainerSession): void {
    const { inHand, answered } = container.before
    for (const number of inHand) {
      this.flow().dispatcher.hold(container, number)
      container.claims.set(number, 'in hand')
    }
    for (const number of answered) container.claims.set(number, 'answered')
    if (container.claims.size > 0) {
      this.claimants.set(
        container,
        setTimeout(() => this.endClaims(container), CLAIM_TIMEOUT_MS),
      )
    }
    this.noLongerAwaited(container.instance)
  }

  /** Whatever it held or kept is lost with it. */
  disconnected(container: ContainerSession): void {
    container.claims.clear()
    this.noLongerClaims(container)
  }

  /** The container will not come back. */
  noLongerAwaited(instance: string): void {
    if (!this.awaited.delete(instance) || this.awaited.size > 0) return
    this.decideWaiting()
  }

  /** An application has sent a request of an earlier epoch again. */
  admit(request: DispatchRequest): void {
    if (this.attach(request)) return
    if (this.journal.has(request.number) && !this.graceOver && this.awaited.size > 0) {
      request.owner.open.set(request.number, request)
      this.flow().keep(request)
      this.waiting.push(request)
    } else this.decide(request)
  }

  /**
   * An answer has come that nobody waits for.
   * @returns whether its application may still ask: the container keeps it
   */
  keepsAnswer(container: ContainerSession, number: number): boolean {
    if (!container.claims.has(number)) return false
    container.claims.set(number, 'answered')
    return true
  }

  /** The program of a sink has taken what its application may still ask for again. */
  taken(container: ContainerSession, number: number): void {
    if (container.claims.get(number) === 'in hand') container.claims.set(number, 'taken')
  }

  private attach(request: DispatchRequest): boolean {
    const container = this.claimantOf(request)
    if (!container) return false
    const claim = container.claims.get(request.number)
    container.claims.delete(request.number)
    // Whoever else says so has it for nobody.
    for (const other of this.claimants.keys()) this.endClaim(other, request.number)
    if (request.stream) {
      // Nobody knows which of its parts have been read.
      if (claim === 'answered') container.settle(request.number, 0)
      else this.flow().cancelNumber(container, request.number)
      this.refuseBegun(request)
      return true
    }
    this.flow().dispatcher.attach(container, request)
    if (claim === 'taken') this.flow().onTaken(container, request.number)
    else if (claim === 'answered') this.recall(container)
    return true
  }

  private claimantOf({ number, queue }: DispatchRequest): ContainerSession | undefined {
    for (const container of this.claimants.keys()) {
      if (container.claims.has(number) && container.serves.has(queue.settings.name)) return container
    }
    return undefined
  }

  /** Ask a container for the answers that it keeps; once a turn, however many there are. */
  private recall(container: ContainerSession): void {
    if (this.recalls.size === 0) {
      setImmediate(() => {
        for (const each of this.recalls) each.asking.gap()
        this.recalls.clear()
      })
    }
    this.recalls.add(container)
  }

  private endGrace(): void {
    this.graceOver = true
    this.awaited.clear()
    this.decideWaiting()
  }

  private decideWaiting(): void {
    const waiting = this.waiting
    this.waiting = []
    for (const request of waiting) {
      // Its application may have given it up, or be gone.
      if (request.owner.open.get(request.number) !== request) continue
      request.owner.open.delete(request.number)
      if (!this.attach(request)) this.decide(request)
    }
  }

  private decide(request: DispatchRequest): void {
    const { dispatcher } = this.flow()
    if (this.journalForgotten) {
      return dispatcher.refuse(
        request,
        'outcomeExpired',
        'it is of an earlier manager, so long ago that nothing is known about it any more',
      )
    }
    if (!this.journal.has(request.number)) return dispatcher.accept(request)
    if (request.queue.settings.redeliver && !request.stream) {
      request.attempt = 1
      return dispatcher.accept(request)
    }
    this.refuseBegun(request)
  }

  /** A container has, or may have, begun with it under an earlier manager, and it can neither go on nor be run again. */
  private refuseBegun(request: DispatchRequest): void {
    const { name } = request.queue.settings
    const what = request.stream ? 'an answer in parts does not outlive it' : 'none of the containers that came back has it'
    const detail = `${name}: the cluster manager was restarted while a container held the request, and ${what}`
    this.flow().dispatcher.refuse(request, 'containerDisconnect', detail)
  }

  /** No application has come for the rest of what it has. */
  private endClaims(container: ContainerSession): void {
    for (const number of [...container.claims.keys()]) this.endClaim(container, number)
    this.noLongerClaims(container)
  }

  private endClaim(container: ContainerSession, number: number): void {
    const claim = container.claims.get(number)
    if (claim === 'in hand') this.flow().cancelNumber(container, number)
    else if (claim === 'answered') container.settle(number, 0)
    container.claims.delete(number)
  }

  private noLongerClaims(container: ContainerSession): void {
    clearTimeout(this.claimants.get(container))
    this.claimants.delete(container)
  }

  /** No session is kept for so long: 11 MB of numbers need not be either. */
  private forgetJournal(): void {
    this.journalForgotten = true
    this.journal.forgetEarlier()
  }
}
