import { encodeResult, RecordFlag, RecordKind } from '../src/index'
import type { GoldenSource } from './golden-file'
import { bytes, CONTAINER, FIRST, HOST } from './golden-values'

const crop = encodeResult({ n: 3, crop: bytes(3, 1) })

/** An answer in parts, from the request to its end. */
export const streams: readonly GoldenSource[] = [
  {
    name: 'request-wants-parts',
    what: 'An application asks for an answer in parts: flag 16.',
    records: [
      {
        envelope: { kind: RecordKind.request, flags: RecordFlag.wantsParts, linkSequence: 5, ack: 2, request: FIRST + 6, ...HOST },
        name: 'chat',
        header: { pid: 4242, tid: 0, metadata: {}, metadata_sys: {}, sent_at: 1_763_712_000_000 },
        body: bytes(5, 1),
      },
    ],
  },
  {
    name: 'part',
    what: 'A container sends its fourth part, which is text.',
    records: [
      {
        envelope: { kind: RecordKind.part, linkSequence: 7, ack: 3, request: FIRST + 6, part: 3, ...CONTAINER },
        name: 'chat',
        header: { result: 'Hello' },
      },
    ],
  },
  {
    name: 'part-to-host',
    what: 'The manager passes on a part with three bytes in it: no stage times, the same name, header and body.',
    records: [
      {
        envelope: { kind: RecordKind.part, linkSequence: 9, ack: 5, request: FIRST + 6, part: 3, ...HOST },
        name: 'chat',
        header: { result: crop.result, attachments: crop.attachments },
        body: crop.body as Uint8Array,
      },
    ],
  },
  {
    name: 'window',
    what: 'An application has taken twelve parts in all.',
    records: [{ envelope: { kind: RecordKind.window, linkSequence: 6, ack: 9, request: FIRST + 6, part: 12, ...HOST } }],
  },
  {
    name: 'window-again',
    what: 'The manager tells a container that the parts from 13 on did not arrive: flag 64.',
    records: [
      {
        envelope: { kind: RecordKind.window, flags: RecordFlag.again, linkSequence: 8, ack: 7, request: FIRST + 6, part: 13, ...CONTAINER },
      },
    ],
  },
  {
    name: 'result-behind-parts',
    what: 'A container ends the answer: sixteen parts come before it.',
    records: [
      {
        envelope: { kind: RecordKind.result, linkSequence: 24, ack: 8, request: FIRST + 6, part: 16, ...CONTAINER },
        name: 'chat',
        header: { result: null, received_at: 1_763_712_000_002, sent_at: 1_763_712_000_900 },
      },
    ],
  },
]
