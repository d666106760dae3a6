import type { ProgressEvent } from '../progress-event'

/** Between two words about the same upload, in ms. */
const INTERVAL_MS = 100

/** Tells how far the files of one inference are on their way to the manager. */
export class UploadProgress {
  #done = 0
  #total = 0
  #toldAtMs = Number.NEGATIVE_INFINITY

  constructor(
    private readonly of: Pick<ProgressEvent, 'requestNo' | 'cmd' | 'inferenceName'>,
    private readonly tell: (progress: ProgressEvent) => void,
  ) {}

  /** They are being read. */
  begin(): void {
    this.#tell('check', undefined, undefined)
  }

  /** So many bytes have to travel. */
  expect(bytes: number): void {
    this.#total = bytes
    if (bytes > 0) this.#tell('upload', 0, bytes)
  }

  add(bytes: number): void {
    this.#done = Math.min(this.#done + bytes, this.#total)
    const isEnd = this.#done === this.#total
    if (!isEnd && performance.now() - this.#toldAtMs < INTERVAL_MS) return
    this.#toldAtMs = performance.now()
    this.#tell('upload', this.#done, this.#total)
  }

  #tell(phase: ProgressEvent['phase'], bytesDone: number | undefined, bytesTotal: number | undefined): void {
    this.tell({ ...this.of, phase, coprocessorName: '', suffixName: undefined, bytesDone, bytesTotal })
  }
}
