import { clusterError, encodeResult, errorHeader, type NdArray, RecordKind } from '../src/index'
import type { GoldenSource } from './golden-file'
import { sessions } from './golden-sessions'
import { sourcesAndSinks } from './golden-sources-and-sinks'
import { streams } from './golden-streams'
import { bytes, CONTAINER, CONTAINER_HELLO, EPOCH, FIRST, HOST, HOST_HELLO, LIMITS, STAMPS } from './golden-values'

const image: NdArray = { dtype: 'uint8', shape: [2, 3], data: Uint8Array.of(0, 16, 8, 255, 1, 2) }
const scores: NdArray = { dtype: 'float32', shape: [3], data: Float32Array.of(0.5, 0.25, -1) }
const binaryResult = encodeResult({ label: 'three', scores, crops: [bytes(3, 1), null] })
const requestHeader = { pid: 4242, tid: 0, metadata: {}, metadata_sys: {}, sent_at: 1_763_712_000_000.5 }
const times = { received_at: 1_763_712_000_002, sent_at: 1_763_712_000_004.5 }

const hellos: GoldenSource[] = [
  {
    name: 'hello-host-inference',
    what: 'An application opens its session on the inference socket.',
    records: [{ envelope: { kind: RecordKind.hello, linkSequence: 1 }, header: { ...HOST_HELLO, link: 'inference' } }],
  },
  {
    name: 'hello-host-management',
    what: 'The same application joins its session on the management socket.',
    records: [{ envelope: { kind: RecordKind.hello, linkSequence: 1, ...HOST }, header: { ...HOST_HELLO, link: 'management' } }],
  },
  {
    name: 'hello-container-requests',
    what: 'A container subscribes on the sub socket.',
    records: [{ envelope: { kind: RecordKind.hello, linkSequence: 1 }, header: { ...CONTAINER_HELLO, link: 'requests' } }],
  },
  {
    name: 'hello-container-answers',
    what: 'The same container says hello on the pub socket.',
    records: [{ envelope: { kind: RecordKind.hello, linkSequence: 1 }, header: { ...CONTAINER_HELLO, link: 'answers' } }],
  },
  {
    name: 'welcome-host',
    what: 'The manager accepts the inference hello: session 3, its first block of request numbers.',
    records: [
      {
        envelope: { kind: RecordKind.welcome, linkSequence: 1, ack: 1, ...HOST },
        header: {
          protocol: [1, 0],
          software: 'golden/1',
          epoch: EPOCH,
          session: 3,
          limits: LIMITS,
          numbers: { first: FIRST, count: 2 ** 20 },
        },
      },
    ],
  },
  {
    name: 'welcome-container',
    what: 'The manager accepts the requests hello: four requests may be in hand.',
    records: [
      {
        envelope: { kind: RecordKind.welcome, linkSequence: 1, ack: 1, ...CONTAINER },
        header: { protocol: [1, 0], software: 'golden/1', epoch: EPOCH, session: 2, limits: LIMITS, max_send_num: 4 },
      },
    ],
  },
  {
    name: 'refused',
    what: 'The manager refuses a hello: code 110 with the reason.',
    records: [
      {
        envelope: { kind: RecordKind.refused, linkSequence: 1, ack: 1, epoch: EPOCH },
        header: errorHeader(
          clusterError('connectionEstablishment', {
            detail: 'no container of this cluster has this instance and token',
            details: { reason: 'no container of this cluster has this instance and token' },
          }),
        ),
      },
    ],
  },
]

const requests: GoldenSource[] = [
  {
    name: 'request-inline',
    what: 'An application sends the 5 bytes "hello" to "echo", with a param and 1500 ms to live.',
    records: [
      {
        envelope: { kind: RecordKind.request, linkSequence: 2, ack: 1, request: FIRST, deadlineMs: 1500, ...HOST },
        name: 'echo',
        header: { ...requestHeader, metadata: { lang: 'en' } },
        body: Buffer.from('hello'),
      },
    ],
  },
  {
    name: 'request-array',
    what: 'An application sends a 2 x 3 uint8 array to "digits"; no deadline of its own.',
    records: [
      {
        envelope: { kind: RecordKind.request, linkSequence: 3, ack: 1, request: FIRST + 1, ...HOST },
        name: 'digits',
        header: { ...requestHeader, metadata_sys: { array: { dtype: image.dtype, shape: image.shape } } },
        body: image.data,
      },
    ],
  },
  {
    name: 'request-framed',
    what: 'A body of 4097 bytes travels in a frame of its own.',
    records: [
      {
        envelope: { kind: RecordKind.request, linkSequence: 4, ack: 1, request: FIRST + 2, ...HOST },
        name: 'echo',
        header: requestHeader,
        body: bytes(4097),
      },
    ],
  },
  {
    name: 'request-handed-out',
    what: 'The manager hands request-inline to a container: its own session and deadline, with stamps.',
    records: [
      {
        envelope: {
          kind: RecordKind.request,
          linkSequence: 2,
          ack: 2,
          request: FIRST,
          deadlineMs: 1499,
          ...CONTAINER,
          ...STAMPS,
          answeredAtMs: 0,
        },
        name: 'echo',
        header: { ...requestHeader, metadata: { lang: 'en' } },
        body: Buffer.from('hello'),
      },
    ],
  },
  {
    name: 'cancel',
    what: 'An application no longer wants the outcome of a request.',
    records: [{ envelope: { kind: RecordKind.cancel, linkSequence: 5, ack: 1, request: FIRST + 2, ...HOST } }],
  },
]

const outcomes: GoldenSource[] = [
  {
    name: 'result-inline',
    what: 'A container answers request-inline with JSON-like data.',
    records: [
      {
        envelope: { kind: RecordKind.result, linkSequence: 2, ack: 1, request: FIRST, ...CONTAINER },
        name: 'echo',
        header: { result: { bytes: 5, upper: 'HELLO' }, ...times },
      },
    ],
  },
  {
    name: 'result-to-host',
    what: 'The manager passes result-inline on, with stamps.',
    records: [
      {
        envelope: { kind: RecordKind.result, linkSequence: 2, ack: 2, request: FIRST, ...HOST, ...STAMPS },
        name: 'echo',
        header: { result: { bytes: 5, upper: 'HELLO' }, ...times },
      },
    ],
  },
  {
    name: 'result-with-attachments',
    what: 'A result with an array and a byte string in it; the second part begins at a multiple of 8.',
    records: [
      {
        envelope: { kind: RecordKind.result, linkSequence: 3, ack: 1, request: FIRST + 1, ...CONTAINER },
        name: 'digits',
        header: { result: binaryResult.result, attachments: binaryResult.attachments, metadata: { model: 'v2' }, ...times },
        body: binaryResult.body,
      },
    ],
  },
  {
    name: 'result-echo',
    what: 'The manager itself answers for an inference of type Loop: the body is what was sent.',
    records: [
      {
        envelope: { kind: RecordKind.result, linkSequence: 3, ack: 3, request: FIRST + 1, ...HOST, ...STAMPS },
        name: 'digits',
        header: { result: null, echo: true, ...times },
        body: image.data,
      },
    ],
  },
  {
    name: 'error-of-container',
    what: 'A container answers with an error.',
    records: [
      {
        envelope: { kind: RecordKind.error, linkSequence: 4, ack: 1, request: FIRST + 2, ...CONTAINER },
        name: 'echo',
        header: errorHeader(clusterError('internal', { detail: "the container's program failed: boom" })),
      },
    ],
  },
  {
    name: 'error-of-manager',
    what: 'The manager ends a request: nothing is registered under its name.',
    records: [
      {
        envelope: { kind: RecordKind.error, linkSequence: 4, ack: 4, request: FIRST + 3, ...HOST },
        header: errorHeader(clusterError('unregisteredInference', { detail: 'nothing is registered under "digitz"' })),
      },
    ],
  },
]

const signals: GoldenSource[] = [
  {
    name: 'more-numbers',
    what: 'An application asks for another block of request numbers.',
    records: [{ envelope: { kind: RecordKind.moreNumbers, linkSequence: 6, ack: 4, ...HOST } }],
  },
  {
    name: 'numbers',
    what: 'The manager grants it.',
    records: [
      { envelope: { kind: RecordKind.numbers, linkSequence: 5, ack: 6, ...HOST }, header: { first: FIRST + 2 ** 20, count: 2 ** 20 } },
    ],
  },
  {
    name: 'ready',
    what: 'A container takes requests from now on (requests link).',
    records: [{ envelope: { kind: RecordKind.ready, linkSequence: 2, ack: 1, ...CONTAINER } }],
  },
  {
    name: 'started',
    what: 'A container reports two requests that have run for longer than 50 ms (answers link).',
    records: [
      { envelope: { kind: RecordKind.started, linkSequence: 5, ack: 1, ...CONTAINER }, header: { requests: [FIRST + 4, FIRST + 5] } },
    ],
  },
  {
    name: 'draining',
    what: 'A container takes no new request (requests link).',
    records: [{ envelope: { kind: RecordKind.draining, linkSequence: 3, ack: 5, ...CONTAINER } }],
  },
  {
    name: 'goodbye',
    what: 'A container has finished (answers link).',
    records: [{ envelope: { kind: RecordKind.goodbye, linkSequence: 6, ack: 1, ...CONTAINER } }],
  },
  {
    name: 'ping',
    what: 'An application checks a link.',
    records: [{ envelope: { kind: RecordKind.ping, linkSequence: 2, ack: 1, ...HOST } }],
  },
  {
    name: 'pong',
    what: 'The manager answers the ping.',
    records: [{ envelope: { kind: RecordKind.pong, linkSequence: 2, ack: 2, ...HOST } }],
  },
  {
    name: 'ack',
    what: 'Nothing but an acknowledgement: everything up to link sequence 5 has come.',
    records: [{ envelope: { kind: RecordKind.ack, linkSequence: 7, ack: 5, ...HOST } }],
  },
]

const config = { name: 'digits', implementation_type: 'other', run_command: 'node container.mjs', max_send_num: 4 }

const management: GoldenSource[] = [
  {
    name: 'command-load-inference',
    what: 'An application registers an inference on every board.',
    records: [
      {
        envelope: { kind: RecordKind.command, linkSequence: 3, ack: 2, request: FIRST + 6, ...HOST },
        body: { cmd: 'load_inference', container_config: [config], coprocessor_name: 'all' },
      },
    ],
  },
  {
    name: 'command-get-metrics',
    what: 'An application asks for every figure of the manager.',
    records: [
      { envelope: { kind: RecordKind.command, linkSequence: 4, ack: 2, request: FIRST + 7, ...HOST }, body: { cmd: 'get_metrics' } },
    ],
  },
  {
    name: 'reply',
    what: 'The reply to get_coprocessor_handler: two boards.',
    records: [
      {
        envelope: { kind: RecordKind.reply, linkSequence: 3, ack: 4, request: FIRST + 8, ...HOST },
        body: [
          { name: 'board1', ip: '127.0.0.1', driver: 'local' },
          { name: 'board2', ip: '127.0.0.1', driver: 'local' },
        ],
      },
    ],
  },
  {
    name: 'command-error',
    what: 'A command failed: code 302 with field and value.',
    records: [
      {
        envelope: { kind: RecordKind.commandError, linkSequence: 4, ack: 4, request: FIRST + 6, ...HOST },
        body: errorHeader(
          clusterError('invalidParameter', {
            detail: 'container config "digits": max_send_num is 0, it must be an integer of 1 or more',
            details: { field: 'max_send_num', value: 0 },
          }),
        ),
      },
    ],
  },
  {
    name: 'event',
    what: 'A running container went: code 114, to every application.',
    records: [
      {
        envelope: { kind: RecordKind.event, linkSequence: 5, ack: 4, ...HOST },
        body: {
          ...errorHeader(
            clusterError('inferenceUnsubscribed', {
              args: ['digits'],
              detail: 'container digits-board1 on board board1 disconnected',
              details: { inference_name: 'digits', suffix_name: 'digits-board1', board: 'board1', reason: 'disconnected' },
            }),
          ),
          cmd: 'container_disconnect',
        },
      },
    ],
  },
]

const batches: GoldenSource[] = [
  {
    name: 'batch-of-two',
    what: 'Two requests in one message, one preamble in front.',
    records: [
      {
        envelope: { kind: RecordKind.request, linkSequence: 7, ack: 5, request: FIRST + 9, ...HOST },
        name: 'echo',
        header: requestHeader,
        body: Buffer.from('one'),
      },
      {
        envelope: { kind: RecordKind.request, linkSequence: 8, ack: 5, request: FIRST + 10, ...HOST },
        name: 'echo',
        header: requestHeader,
        body: Buffer.from('two'),
      },
    ],
  },
]

/** Every golden vector. The files are frozen: a new version of the wire adds vectors, it changes none. */
export const GOLDEN_SOURCES: readonly GoldenSource[] = [
  ...hellos,
  ...requests,
  ...outcomes,
  ...sourcesAndSinks,
  ...signals,
  ...management,
  ...batches,
  ...sessions,
  ...streams,
]
