import type { BoardProbeView, TrustView } from '@aicluster/protocol'
import { recordOf } from '../commands/replies'
import { fromWire } from '../config/wire-names'

/** The key by which a board proves that it is the one that was meant. Ours. */
export interface HostKey {
  /** `ssh-ed25519` */
  type: string
  /** `SHA256:` and 43 characters, as `ssh-keygen -lf` prints it. */
  fingerprint: string
  /** Whether it is one that is accepted: `changed` means that another one is. */
  state: 'accepted' | 'unknown' | 'changed' | 'revoked'
  /** Fingerprints that are accepted now. */
  expected: string[]
}

/** What a board is and has; null where it does not tell. Ours. */
export interface BoardFacts {
  /** Its operating system: `Ubuntu 22.04.4 LTS`. */
  os: string | null
  /** As images name it: `arm64`, `amd64`. */
  architecture: string | null
  /** Processors. */
  cpus: number | null
  /** Memory, in bytes. */
  memoryBytes: number | null
  /** Free where the Engine keeps images, in bytes. */
  diskFreeBytes: number | null
  /** Version of its Docker Engine. */
  engineVersion: string | null
  /** Runtimes of the Engine: `runc`, `nvidia`. */
  runtimes: string[]
  /** A name for each GPU. */
  gpus: string[]
}

/** Something that keeps a board from its work. Ours. */
export interface BoardProblem {
  /** What is wrong. */
  what: string
  /** What to do about it. */
  cure: string
}

/** What a look at a board has shown. Ours. */
export interface BoardProbe {
  /** The board's name. */
  name: string
  /** How the cluster reaches it: `local` is the manager's machine. */
  driver: 'local' | 'ssh'
  /** `root@10.0.0.12:22`; null for the manager's machine. */
  target: string | null
  /** Null: the manager's machine, or it did not come to that. */
  hostKey: HostKey | null
  /** Null: nobody could log in. */
  facts: BoardFacts | null
  /** None: it can be used. */
  problems: BoardProblem[]
}

/** A host key that was accepted. Ours. */
export interface TrustedKey {
  /** The board's name. */
  name: string
  /** Accepted from now on. */
  fingerprint: string
  /** Accepted until now. */
  replaced: string[]
}

export const probeOf = (reply: unknown): BoardProbe => fromWire(recordOf<BoardProbeView>(reply)) as BoardProbe

export const trustOf = (reply: unknown): TrustedKey => fromWire(recordOf<TrustView>(reply)) as TrustedKey
