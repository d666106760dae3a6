import { closeSync, openSync, writeSync } from 'node:fs'

/** How the notes begin that say what was wrong with what a source published. */
export const PUBLICATION_OFFENCE = 'wrong publication'

/**
 * What an application has sent and heard: one line each, written before the request leaves, and when its outcome comes. Lines survive
 * `kill -9`. Read by `oracle/read-journals.ts`.
 */
export class RequestJournal {
  private readonly file: number
  private closed = false

  constructor(path: string) {
    this.file = openSync(path, 'a')
  }

  /** @param deadlineMs - how long the outcome may take */
  sends(id: string, inference: string, deadlineMs: number): void {
    const nowMs = Date.now()
    this.line('sent', id, nowMs, nowMs + deadlineMs, inference)
  }

  /** The call failed on the spot: the request was never accepted. */
  refused(id: string, code: number): void {
    this.line('refused', id, Date.now(), code)
  }

  result(id: string, requestNo: string): void {
    this.line('result', id, Date.now(), requestNo)
  }

  error(id: string, code: number, requestNo: string): void {
    this.line('error', id, Date.now(), code, requestNo)
  }

  /** A result came that is not what was asked for. */
  wrong(id: string, why: string): void {
    this.line('wrong', id, Date.now(), why)
  }

  /** Something that is no request: a load, an unload. */
  note(what: string): void {
    this.line('note', '-', Date.now(), what)
  }

  /** What comes from now on is no outcome any more: only our own end settles it. */
  close(): void {
    this.closed = true
    closeSync(this.file)
  }

  private line(...words: (string | number)[]): void {
    if (this.closed) return
    writeSync(this.file, `${words.map((word) => String(word).replaceAll(/\s/g, '_')).join(' ')}\n`)
  }
}
