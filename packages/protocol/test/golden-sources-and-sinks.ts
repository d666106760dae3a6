import { clusterError, encodeNumbers, encodeResult, errorHeader, RecordFlag, RecordKind } from '../src/index'
import type { GoldenSource } from './golden-file'
import { CONTAINER, FIRST, HOST, STAMPS } from './golden-values'

const frame = { dtype: 'uint8', shape: [2, 3], data: Uint8Array.of(0, 16, 8, 255, 1, 2) }
const { result, attachments, body } = encodeResult({ n: 41, frame })
const publishedHeader = { result, attachments, metadata: { at: 'door' }, received_at: 0, sent_at: 1_763_712_000_004.5 }
const requestHeader = { pid: 4242, tid: 0, metadata: {}, metadata_sys: {}, sent_at: 1_763_712_000_000.5 }

/** Section 18 of docs/protocol.md. */
export const sourcesAndSinks: GoldenSource[] = [
  {
    name: 'command-subscribe',
    what: 'An application wants what a source publishes.',
    records: [
      {
        envelope: { kind: RecordKind.command, linkSequence: 5, ack: 4, request: FIRST + 10, ...HOST },
        body: { cmd: 'subscribe', inference_name: 'camera' },
      },
    ],
  },
  {
    name: 'publish',
    what: 'A source publishes an array and its number (answers link).',
    records: [
      {
        envelope: { kind: RecordKind.publish, linkSequence: 9, ack: 1, ...CONTAINER },
        name: 'camera',
        header: publishedHeader,
        body,
      },
    ],
  },
  {
    name: 'publish-to-host',
    what: 'The manager passes publish on, with stamps.',
    records: [
      {
        envelope: { kind: RecordKind.publish, linkSequence: 8, ack: 9, ...HOST, ...STAMPS, sentAtMs: 0, answeredAtMs: STAMPS.receivedAtMs },
        name: 'camera',
        header: publishedHeader,
        body,
      },
    ],
  },
  {
    name: 'event-unloaded',
    what: 'A subscription has ended: the source was unloaded.',
    records: [
      {
        envelope: { kind: RecordKind.event, linkSequence: 9, ack: 5, ...HOST },
        body: {
          ...errorHeader(clusterError('inferenceNotFound', { detail: 'camera: it was unloaded', details: { inference_name: 'camera' } })),
          cmd: 'subscribe',
        },
      },
    ],
  },
  {
    name: 'request-to-sink',
    what: 'The manager hands a request to a sink: flag 32.',
    records: [
      {
        envelope: {
          kind: RecordKind.request,
          linkSequence: 4,
          ack: 2,
          request: FIRST + 11,
          deadlineMs: 300_000,
          ...CONTAINER,
          ...STAMPS,
          flags: RecordFlag.stamps | RecordFlag.sink,
          answeredAtMs: 0,
        },
        name: 'archive',
        header: requestHeader,
        body: Buffer.from('keep me'),
      },
    ],
  },
  {
    name: 'taken',
    what: 'The program of a sink has got two requests (answers link).',
    records: [
      { envelope: { kind: RecordKind.taken, linkSequence: 10, ack: 1, ...CONTAINER }, body: encodeNumbers([FIRST + 11, FIRST + 12]) },
    ],
  },
  {
    name: 'result-taken',
    what: 'The manager tells the application: that is the outcome.',
    records: [
      {
        envelope: { kind: RecordKind.result, linkSequence: 10, ack: 11, request: FIRST + 11, ...HOST, ...STAMPS },
        header: { result: null, received_at: 0, sent_at: 0 },
      },
    ],
  },
]
