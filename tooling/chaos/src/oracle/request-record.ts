/** How a request ended, as its application saw it. */
export interface Outcome {
  kind: 'result' | 'error' | 'wrong' | 'refused'
  atMs: number
  /** Of an error or a refusal. */
  code?: number
  /** Of an error: the request's number. */
  requestNo?: string
  /** What was wrong with a result. */
  why?: string
}

/** A request, as its application's journal tells it. Times are ms since 1970. */
export interface RequestRecord {
  id: string
  inference: string
  sentAtMs: number
  /** By when its outcome should have come. */
  deadlineAtMs: number
  /** One, if everything went well. */
  outcomes: Outcome[]
  /** Its lines, as they are in the journal. */
  lines: string[]
}

/** One time that a container began to work on a request. */
export interface Execution {
  id: string
  requestNo: string
  container: string
  atMs: number
}
