/** The key by which a board proves that it is the one that was meant. */
export interface HostKeyView {
  /** `ssh-ed25519` */
  type: string
  /** `SHA256:` and 43 characters, as `ssh-keygen -lf` prints it. */
  fingerprint: string
  /** Whether it is one that is accepted: `changed` means that another one is. */
  state: 'accepted' | 'unknown' | 'changed' | 'revoked'
  /** Fingerprints that are accepted now. */
  expected: string[]
}

/** What a board is and has; null where it does not tell. */
export interface BoardFactsView {
  /** `Ubuntu 22.04.4 LTS` */
  os: string | null
  /** `arm64`, `amd64`, as images name it. */
  architecture: string | null
  cpus: number | null
  memory_bytes: number | null
  /** Free where the Engine keeps images, in bytes. */
  disk_free_bytes: number | null
  engine_version: string | null
  /** Runtimes of the Engine: `runc`, `nvidia`. */
  runtimes: string[]
  /** A name for each GPU. */
  gpus: string[]
}

/** Something that keeps a board from its work, and what to do about it. */
export interface BoardProblemView {
  what: string
  cure: string
}

/** What a look at a board has shown. Nothing was changed there. */
export interface BoardProbeView {
  name: string
  driver: 'local' | 'ssh'
  /** `root@10.0.0.12:22`; null for this machine. */
  target: string | null
  /** Null: this machine, or it did not come to that. */
  host_key: HostKeyView | null
  /** Null: nobody could log in. */
  facts: BoardFactsView | null
  /** None: it can be used. */
  problems: BoardProblemView[]
}

/** What a host key was replaced by. */
export interface TrustView {
  name: string
  /** Accepted from now on. */
  fingerprint: string
  /** Accepted until now. */
  replaced: string[]
}
