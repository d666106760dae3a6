import type { RequestOwner } from '../dispatch-request'
import type { Dispatcher } from '../dispatcher'
import { demand } from './demand'
import { isOpen } from './model-state'
import { describeStream } from './model-stream'
import type { ReferenceModel } from './reference-model'

/** Everything one can see of the dispatcher between two steps, as text; what must hold by itself is demanded on the way. */
export function visibleState(dispatcher: Dispatcher, owners: ReadonlyMap<string, RequestOwner>): string {
  const lines: string[] = []
  for (const [name, queue] of dispatcher.queues) {
    const numbers: number[] = []
    for (const request of queue) {
      demand(request.tail !== undefined, () => `request ${request.number} waits and lost its data`)
      numbers.push(request.number)
    }
    demand(numbers.length === queue.waiting, () => `${name} counts ${queue.waiting} requests and links ${numbers.length}`)
    const servedBy = queue.subscriptions.map(({ container }) => container.instance).sort()
    lines.push(`${name}: waiting ${numbers}; ${queue.waitingBytes} B; in flight ${queue.inFlight}; served by ${servedBy}`)
  }
  for (const container of dispatcher.containers) {
    const { instance, inFlight, free, maxSendNum, accepting } = container
    const { size } = inFlight
    if (accepting) demand(free + size === Math.max(size, maxSendNum), () => `${instance}: ${free} free + ${size} in flight`)
    const held: string[] = []
    for (const request of inFlight.values()) {
      const { number, startedAtMs, state, attempt, hasData, stream } = request
      demand(request.container === container, () => `request ${number} is held by ${instance} and says otherwise`)
      held.push(describeHeld(number, startedAtMs, state === 'sent' ? 'wanted' : state, attempt, hasData, describeStream(stream)))
    }
    const serves = container.subscriptions.map(({ queue, paused }) => {
      const { name } = queue.settings
      demand(dispatcher.queues.get(name) === queue, () => `${instance} is subscribed to ${name}, which is not registered (any more)`)
      return describeService(name, paused)
    })
    lines.push(`${instance}: holds ${held}; free ${free}; answered ${container.answered}; serves ${serves.sort()}`)
  }
  for (const [name, { open, waiting }] of owners) lines.push(`${name}: open ${open.keys()}; waiting ${waiting}`)
  const { armedDeadlines, lateAnswers, unknownAnswers, busy } = dispatcher
  lines.push(`armed ${armedDeadlines}; late ${lateAnswers}; unknown ${unknownAnswers}; busy ${busy}`)
  return lines.join('\n')
}

/** The same of the model. */
export function modelState(model: ReferenceModel, owners: Iterable<string>): string {
  const lines: string[] = []
  for (const queue of model.queues) {
    const waiting = model.waiting(queue)
    const bytes = waiting.reduce((total, request) => total + request.bytes, 0)
    const inFlight = model.live.filter((request) => request.queue === queue && request.state !== 'waiting').length
    const { name } = queue.settings
    const servedBy = model.containers.filter(({ serves }) => serves.has(name)).map(({ id }) => id)
    const numbers = waiting.map(({ number }) => number)
    lines.push(`${name}: waiting ${numbers}; ${bytes} B; in flight ${inFlight}; served by ${servedBy.sort()}`)
  }
  for (const container of model.containers) {
    const held = model
      .held(container)
      .map(({ number, startedAtMs, state, attempt, hasData, stream }) =>
        describeHeld(number, startedAtMs, state === 'held' ? 'wanted' : state, attempt, hasData, describeStream(stream)),
      )
    const serves = [...container.serves].filter(([name]) => model.queue(name)).map(([name, paused]) => describeService(name, paused))
    const { id, answered } = container
    lines.push(`${id}: holds ${held}; free ${model.free(container)}; answered ${answered}; serves ${serves.sort()}`)
  }
  for (const name of owners) {
    const open = model.live.filter((live) => live.owner === name && isOpen(live)).map(({ number }) => number)
    lines.push(`${name}: open ${open.sort((a, b) => a - b)}; waiting ${model.waitingOf(name)}`)
  }
  const { lateAnswers, unknownAnswers, live } = model
  lines.push(`armed ${model.armed().length}; late ${lateAnswers}; unknown ${unknownAnswers}; busy ${live.length > 0}`)
  return lines.join('\n')
}

const describeHeld = (number: number, begunAtMs: number, state: string, attempt: number, hasData: boolean, parts: string): string =>
  `${number} (begun ${begunAtMs}, ${state}, attempt ${attempt}${hasData ? ', with data' : ''}${parts})`

const describeService = (name: string, paused: boolean): string => (paused ? `${name} (paused)` : name)
