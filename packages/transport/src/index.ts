export type { Context } from 'zeromq'
export type { AckTimer } from './ack-timer'
export { bodyOf, encodeName, headerOf, nameOf, readHeader, ridesInline } from './body'
export { type CurveClientKeys, type CurveKeyPair, type CurveServerKeys, isCurveKey, newCurveKeyPair } from './curve-keys'
export { type DealerHandlers, DealerLink, type DealerOptions } from './dealer-link'
export { deliberateDefect } from './deliberate-defect'
export { type DropOldestLimits, DropOldestQueue, type Droppable } from './drop-oldest-queue'
export {
  type ClusterSocket,
  DEFAULT_PORTS,
  ipcEndpoint,
  ipcFolder,
  isHost,
  MAX_IPC_PATH_BYTES,
  parsePort,
  staysOnThisMachine,
  tcpEndpoint,
} from './endpoint'
export { isWithin } from './files/is-within'
export { type PlannedEntry, type PlannedTree, planTree } from './files/planned-tree'
export { FlushScheduler, type TurnListener } from './flush-scheduler'
export { type HandshakeFailure, handshakeFailureText } from './handshake-failure'
export type { Inbox } from './inbox'
export { NumberTable } from './number-table'
export { Outbox, type Transmit } from './outbox'
export { type DropReason, type MessageLimits, type RecordHandler, readMessage } from './read-message'
export { type RouterHandlers, RouterLink, RouterPeer } from './router-link'
export type { SendWindow } from './send-window'
export { AnsweringHalf, type AnsweringOptions, type Reconciliation } from './session/answering-half'
export { type AskingEffects, AskingHalf } from './session/asking-half'
export { type RetainedEffects, RetainedOutcome, RetainedOutcomes, type RetentionLimits, type Stage } from './session/retained-outcomes'
export { growGenerously } from './young-buffers'
export { ZapHandler, type ZapRefusal } from './zap-handler'
