/**
 * What a record is. The first byte of its envelope. Numbers are frozen once released.
 *
 * Kinds marked *reserved* have their bytes and their place today, and their behaviour in a later version.
 */
export const RecordKind = {
  /** Peer → manager, first on every connection. */
  hello: 1,
  /** Manager → peer: the hello is accepted. */
  welcome: 2,
  /** Manager → peer: the hello, or a record before it, is refused; its header is an error. */
  refused: 3,
  /** Either way: nothing more will come from this peer on this connection. */
  goodbye: 4,
  /** Either way: carries the ack watermark when no other record is there to carry it. */
  ack: 5,
  /** Either way: answered by {@link RecordKind.pong}; both carry link sequence and ack. */
  ping: 6,
  pong: 7,
  /** Host → manager: another block of request numbers, please. */
  moreNumbers: 8,
  /** Manager → host: a block of request numbers. */
  numbers: 9,

  /** Host → manager → container. */
  request: 16,
  /** Container → manager → host: the outcome of a request. */
  result: 17,
  /** Container → manager → host, or manager → host: the outcome of a request is an error. */
  error: 18,
  /** Host → manager → container: the outcome is no longer wanted. On the management link: the command is to be taken back as far as it can be. */
  cancel: 19,
  /** Container → manager: these requests have run for longer than 50 ms. */
  started: 20,
  /** Container → manager → host: one part of a streamed result, numbered from 0 in `part`; header and body as of a result. */
  part: 21,
  /** Host → manager → container: how many parts of a stream (`part`) its reader has taken, in all. */
  window: 22,
  /** Container → manager → host: what a source publishes; header and body as of a result. At most once. */
  publish: 23,
  /** Container → manager: takes requests from now on. */
  ready: 24,
  /** Container → manager: takes no new request, finishes those in hand. */
  draining: 25,
  /** Container → manager: the program has taken these requests of a sink; their outcome is that. Body: a list of numbers. */
  taken: 26,

  /** Host → manager, management link. */
  command: 32,
  /** Manager → host: the result of a command. */
  reply: 33,
  /** Manager → host: the command failed; its header is an error. */
  commandError: 34,
  /** Manager → host: something happened that nobody asked for. */
  event: 35,
  /** Manager → host: how far a long command is (`request`: its number). Body: `ProgressView`. May be lost. */
  progress: 36,
  /** Host → manager: a piece of a file that a command needs. Reserved. */
  upload: 37,

  /** Who asked (a host; the manager, of a container) → who answers: every number that has no outcome yet, after a reconnection or a gap. */
  reconcile: 48,
  /** Back: those of them that are unknown. Outcomes that are there already follow. */
  reconciled: 49,
  /** Who answers → who asked: records of yours are missing, reconcile. */
  resync: 50,
  /** Manager → container: these answers have reached their applications, forget them. */
  settled: 51,
} as const
export type RecordKind = (typeof RecordKind)[keyof typeof RecordKind]

/** Bits of an envelope's flags byte. */
export const RecordFlag = {
  /** The body follows in frames of its own; only the last record of a message may say so. */
  bodyInFrames: 1,
  /** Three stage times follow the fixed envelope. */
  stamps: 2,
  /** The request may be run a second time. Reserved. */
  redeliver: 4,
  /** The last part of a stream. Reserved. */
  lastPart: 8,
  /** Request: its sender reads the result in parts. */
  wantsParts: 16,
  /** Request: the inference is a sink; the container says `taken`. */
  sink: 32,
  /** Window: parts from this one on are missing at the reader, send them again. */
  again: 64,
} as const
