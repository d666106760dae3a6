import type { InferenceResponse } from '@aicluster/host-sdk'
import type { DigitImage } from './digit-images'
import type { Misread } from './drawing'

const MISREAD_KEPT = 3

/** How a request ended: with `code` 0 and a result, or with an error. */
export interface Answer {
  code: number
  message: string
  result: unknown
  response: InferenceResponse | undefined
}

/** What came of the requests. */
export class Tally {
  sent = 0
  correct = 0
  errors = 0
  /** Each kind of error by its code, as the cluster worded it first. */
  readonly errorMessages = new Map<number, string>()
  /** Of each result: from the call to the answer, in ms. */
  readonly tookMs: number[] = []
  /** Of each result: the part of it that was spent waiting for a free container, in ms. */
  readonly queuedMs: number[] = []
  /** The first few images that were misread, each once. */
  readonly misread: Misread[] = []
  /** From the first request to the last answer, in ms. */
  totalMs = 0

  /** Results and errors: one for each request, if the cluster keeps its promise. */
  get outcomes(): number {
    return this.tookMs.length + this.errors
  }

  add(digit: DigitImage, { code, message, result, response }: Answer, tookMs: number): void {
    if (code !== 0) {
      this.errors++
      if (!this.errorMessages.has(code)) this.errorMessages.set(code, message)
      return
    }
    this.tookMs.push(tookMs)
    this.queuedMs.push(response?.elapsedTime[0] ?? 0)
    const read = (result as { digit: number }).digit
    if (read === digit.label) this.correct++
    else if (this.misread.length < MISREAD_KEPT && !this.misread.some(({ image }) => image === digit.image)) {
      this.misread.push({ ...digit, read })
    }
  }
}
