import { clusterError, encodeNumbers, errorHeader, RecordKind } from '../src/index'
import type { GoldenSource } from './golden-file'
import { CONTAINER, CONTAINER_HELLO, EPOCH, FIRST, HOST, HOST_HELLO, LIMITS } from './golden-values'

/** Links count on above what they had sent before. */
const SECOND_CONNECTION = 2 ** 30
/** The manager's life before. */
const BEFORE = EPOCH - 1

/** What is said when a link, the manager or a record was lost. */
export const sessions: readonly GoldenSource[] = [
  {
    name: 'hello-host-again',
    what: 'An application whose link was lost says hello again: its envelope names the epoch and session it had.',
    records: [
      { envelope: { kind: RecordKind.hello, linkSequence: SECOND_CONNECTION, ...HOST }, header: { ...HOST_HELLO, link: 'inference' } },
    ],
  },
  {
    name: 'welcome-host-again',
    what: 'The manager has found the session of hello-host-again: the same number, and no new request numbers.',
    records: [
      {
        envelope: { kind: RecordKind.welcome, linkSequence: SECOND_CONNECTION, ack: SECOND_CONNECTION, ...HOST },
        header: { protocol: [1, 0], software: 'golden/1', epoch: EPOCH, session: HOST.session, limits: LIMITS },
      },
    ],
  },
  {
    name: 'refused-expired',
    what: 'The manager has given the session of hello-host-again up: code 314.',
    records: [
      {
        envelope: { kind: RecordKind.refused, linkSequence: SECOND_CONNECTION, ack: SECOND_CONNECTION, epoch: EPOCH },
        header: errorHeader(clusterError('outcomeExpired', { detail: 'session 3 has ended: it did not come back in time' })),
      },
    ],
  },
  {
    name: 'hello-container-again',
    what: 'A container of the epoch before: two requests are still in hand, the answers to two others are kept.',
    records: [
      {
        envelope: { kind: RecordKind.hello, linkSequence: SECOND_CONNECTION, epoch: BEFORE, session: 5 },
        header: { ...CONTAINER_HELLO, link: 'requests', in_hand: [FIRST + 2, FIRST + 3], answered: [FIRST, FIRST + 2 ** 33] },
      },
    ],
  },
  {
    name: 'reconcile',
    what: 'An application lists its three open requests, round 2; numbers have 48 bits.',
    records: [
      {
        envelope: { kind: RecordKind.reconcile, linkSequence: 9, ack: 5, request: 2, ...HOST },
        body: encodeNumbers([FIRST, FIRST + 9, FIRST + 2 ** 33]),
      },
    ],
  },
  {
    name: 'reconcile-nothing-open',
    what: 'An application that has nothing open reconciles all the same: no body.',
    records: [
      { envelope: { kind: RecordKind.reconcile, linkSequence: SECOND_CONNECTION + 1, ack: SECOND_CONNECTION, request: 1, ...HOST } },
    ],
  },
  {
    name: 'reconciled',
    what: 'The manager answers reconcile: the second number is unknown to it.',
    records: [
      {
        envelope: { kind: RecordKind.reconciled, linkSequence: 6, ack: 9, request: 2, ...HOST },
        body: encodeNumbers([FIRST + 9]),
      },
    ],
  },
  {
    name: 'reconcile-container',
    what: 'The manager lists what the container holds, and in keep what it has answered already and must still keep.',
    records: [
      {
        envelope: { kind: RecordKind.reconcile, linkSequence: 7, ack: 2, request: 1, ...CONTAINER },
        header: { keep: encodeNumbers([FIRST, FIRST + 1]) },
        body: encodeNumbers([FIRST + 2, FIRST + 3]),
      },
    ],
  },
  {
    name: 'reconciled-container',
    what: 'The container answers reconcile-container: it knows both requests (answers link).',
    records: [{ envelope: { kind: RecordKind.reconciled, linkSequence: 6, ack: 1, request: 1, ...CONTAINER } }],
  },
  {
    name: 'resync',
    what: 'Records of the application were lost: the manager asks it to reconcile. The ack stays before the gap.',
    records: [{ envelope: { kind: RecordKind.resync, linkSequence: 7, ack: 9, ...HOST } }],
  },
  {
    name: 'settled',
    what: 'Two answers have reached their applications: the container need not keep them any more (requests link).',
    records: [{ envelope: { kind: RecordKind.settled, linkSequence: 8, ack: 3, ...CONTAINER }, body: encodeNumbers([FIRST, FIRST + 1]) }],
  },
]
