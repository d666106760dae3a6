import { type BoardProbeView, type BoardProblemView, type HostKeyView, asAIClusterError } from '@aicluster/protocol'
import type { BoardConfig, SshBoardConfig } from '../config/board-config'
import { type BoardProbe, probeMachine } from './probe/board-probe'
import { fingerprintOf, keyType } from './ssh/fingerprint'
import { expectedFingerprints, hostKeyRule, refusalOf } from './ssh/host-key'
import { offeredHostKey } from './ssh/offered-host-key'
import { connectSsh } from './ssh/ssh-connection'
import { SshMachine } from './ssh/ssh-machine'
import { shownTarget } from './ssh/ssh-target'
import { sshTargetOf } from './ssh/ssh-target-of'

export interface ProbeOptions {
  /** File of the host keys that were accepted by this manager. */
  ownKnownHosts: string
  /** The host key that may be shown, whatever is known. */
  fingerprint?: string | undefined
  signal?: AbortSignal | undefined
}
