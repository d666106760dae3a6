/** How long answers that have arrived may wait for the word that they are settled, in ms. */
const SETTLE_TIMEOUT_MS = 500
/** How often a drain looks, in ms. */
const POLL_MS = 5

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, POLL_MS))

/** What a drain looks at. */
export interface DrainView {
  /** Requests may still come, or be on their way. */
  mayGetRequests(): boolean
  /** No request will come any more. */
  onLastRequest(): void
  /** Something in hand is not done. */
  isBusy(): boolean
  /** Every answer has reached the manager. */
  allArrived(): boolean
  /** Every answer has reached its application. */
  allSettled(): boolean
}

/**
 * Finish what is in hand, and what was on its way when the manager was told to send no more, until the manager has every answer.
 *
 * @param drainMs - how long that may take
 * @param isCut - asked again and again: the drain ends at once
 */
export async function drain(view: DrainView, drainMs: number, isCut: () => boolean): Promise<void> {
  const giveUpAt = performance.now() + drainMs
  const until = async (isDone: () => boolean, limitMs: number): Promise<void> => {
    while (!isDone() && !isCut() && performance.now() < limitMs) await pause()
  }
  await until(() => !view.mayGetRequests(), giveUpAt)
  view.onLastRequest()
  await until(() => !view.isBusy() && view.allArrived(), giveUpAt)
  // The manager has them: should it be lost too, they are still here.
  await until(() => view.allSettled(), Math.min(giveUpAt, performance.now() + SETTLE_TIMEOUT_MS))
}
