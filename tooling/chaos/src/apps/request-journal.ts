import { closeSync, openSync, writeSync } from 'node:fs'

/** How the notes begin that say what was wrong with what a source published. */
export const PUBLICATION_OFFENCE = 'wrong publication'

/** The same for what a cluster says to a command that it may not say. */
export const COMMAND_OFFENCE = 'wrong answer'

/** What an application asks a cluster to delete. */
export interface AskedDeletion {
  /** Of one request; `-`: of many. */
  requestNo: string
  /** Of all requests to it; `-`: of the one with the number. */
  inference: string
  /** Only its own. */
  own: boolean
}

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

  /** Written before the command leaves. */
  deletes({ requestNo, inference, own }: AskedDeletion): void {
    this.line('deletes', '-', Date.now(), requestNo, inference, own ? 'own' : 'any')
  }

  /** What became of the last that was asked for. */
  deleted(how: 'done' | 'refused' | 'unknown'): void {
    this.line('deleted', '-', Date.now(), how)
  }

  /** From now on these containers get nothing: the cluster says so. */
  off(containers: readonly string[]): void {
    this.line('off', '-', Date.now(), containers.join(','))
  }

  /** From now on everything that was off may be on again. */
  on(): void {
    this.line('on', '-', Date.now())
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
