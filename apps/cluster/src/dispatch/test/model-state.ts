import type { ErrorKey } from '@aicluster/protocol'
import type { QueueSettings } from '../inference-queue'
import type { ModelStream } from './model-stream'

/** A registered inference, or one that was unloaded while containers held requests of it. */
export interface ModelQueue {
  settings: QueueSettings
}

export interface ModelContainer {
  readonly id: string
  readonly credits: number
  /** Names it serves, and whether their distribution to it is off. */
  readonly serves: Map<string, boolean>
  accepting: boolean
  answered: number
}

export interface ModelRequest {
  readonly number: number
  readonly owner: string
  readonly bytes: number
  /** 0: none. */
  readonly ownLimitMs: number
  /** 1: a container may have begun with it before this manager's time. */
  readonly attempt: number
  /** Its sender reads the answer in parts. */
  readonly inParts: boolean
}

/** Owns what a container holds from before this manager's time. */
export const NOBODY = ''

/** A request that waits, or that a container holds, with or without anybody who wants its outcome. */
export interface Live extends ModelRequest {
  attempt: number
  /** Undefined where it is nobody's. */
  readonly queue: ModelQueue | undefined
  readonly arrivedAtMs: number
  sentAtMs: number
  state: 'waiting' | 'held' | 'taken' | 'abandoned'
  container: ModelContainer | undefined
  hasData: boolean
  readonly stream: ModelStream | undefined
  startedAtMs: number
  deadlineMs: number
  /** How it ends at its deadline; or, once it has ended, that its container is hung. */
  atDeadline: ErrorKey | 'hung'
  /** Counts up with every deadline that is armed: the order of those that are equal. */
  armedAs: number
}

/** It has no outcome yet, and its owner wants one. */
export const isOpen = ({ state }: Live): boolean => state === 'waiting' || state === 'held'

/** What there is, and what can be worked out of it. */
export class ModelState {
  readonly queues: ModelQueue[] = []
  readonly containers: ModelContainer[] = []
  /** In order of arrival. */
  live: Live[] = []
  lateAnswers = 0
  unknownAnswers = 0
  draining = false

  queue(name: string): ModelQueue | undefined {
    return this.queues.find((queue) => queue.settings.name === name)
  }

  /** Oldest first. */
  waiting(queue: ModelQueue): Live[] {
    return this.live.filter((request) => request.state === 'waiting' && request.queue === queue)
  }

  waitingOf(owner: string): number {
    return this.live.filter((request) => request.state === 'waiting' && request.owner === owner).length
  }

  /** By number. */
  held(container: ModelContainer): Live[] {
    return this.live.filter((request) => request.container === container).sort((a, b) => a.number - b.number)
  }

  holds(container: ModelContainer, number: number): boolean {
    return this.held(container).some((held) => held.number === number)
  }

  /** What it holds for nobody. */
  heldForNobody(container: ModelContainer): Live[] {
    return this.held(container).filter(({ owner }) => owner === NOBODY)
  }

  free(container: ModelContainer): number {
    return container.accepting ? Math.max(0, container.credits - this.held(container).length) : 0
  }

  armed(): Live[] {
    return this.live.filter((request) => request.deadlineMs < Number.POSITIVE_INFINITY)
  }

  /** A request that waits though a container could have it: there must be none. */
  waitsInVain(): Live | undefined {
    return this.live.find(({ state, queue, number }) => state === 'waiting' && queue && this.freeFor(queue, number).length > 0)
  }

  /** The containers with the most free credits among those that may get this request. */
  protected freeFor(queue: ModelQueue, number: number): ModelContainer[] {
    const may = this.containers.filter((container) => this.free(container) > 0 && this.mayGet(container, queue, number))
    const most = Math.max(...may.map((container) => this.free(container)))
    return may.filter((container) => this.free(container) === most)
  }

  protected mayGet(container: ModelContainer, queue: ModelQueue | undefined, number: number): boolean {
    return queue !== undefined && container.serves.get(queue.settings.name) === false && !this.holds(container, number)
  }

  protected mayRepeat({ state, hasData, queue }: Live): boolean {
    return state === 'held' && hasData && queue !== undefined && this.queues.includes(queue)
  }
}
