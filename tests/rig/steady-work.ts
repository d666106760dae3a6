import { setTimeout as sleep } from 'node:timers/promises'
import type { World } from '../worlds/world'

const PAUSE_MS = 50

/** Asks an inference again and again in the background, to show that it goes on serving whatever happens elsewhere. */
export class SteadyWork {
  private answers = 0
  private readonly failures: unknown[] = []
  private ended = false
  private readonly done: Promise<void>

  constructor(world: World, inference: string) {
    this.done = this.work(world, inference)
  }

  /** @returns how often it was answered, and what failed */
  async end(): Promise<{ answers: number; failures: unknown[] }> {
    this.ended = true
    await this.done
    return { answers: this.answers, failures: this.failures }
  }

  private async work(world: World, inference: string): Promise<void> {
    while (!this.ended) {
      await world.cluster.infer(inference, Uint8Array.of(1)).then(
        () => this.answers++,
        (error) => this.failures.push(error),
      )
      await sleep(PAUSE_MS)
    }
  }
}
