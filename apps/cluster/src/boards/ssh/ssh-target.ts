/** How one machine is reached over SSH, and as whom. Paths are absolute, on the manager's machine. */
export interface SshTarget {
  /** Name of the board, for messages. */
  board: string
  address: string
  port: number
  user: string
  /** File of a private key. */
  identityFile?: string | undefined
  /** File whose first line is the key's passphrase. */
  identityPassphraseFile?: string | undefined
  /** The SSH agent of `SSH_AUTH_SOCK`, or the one at this socket. */
  agent?: true | string | undefined
  /** File whose first line is the password. */
  passwordFile?: string | undefined
  /** Files with the host keys that are accepted, as OpenSSH writes them: the first that knows the host decides. One that is not there knows none. */
  knownHosts: readonly string[]
  /** The one key that is accepted, `SHA256:…`; known hosts are not looked at then. */
  fingerprint?: string | undefined
}

/** How long each step of connecting may take, in ms. */
export interface SshTimes {
  /** Until the machine takes the TCP connection. */
  connectMs: number
  /** From then until we are logged in. */
  loginMs: number
  /** A connection on which nothing has come for so long is lost; it is asked for a sign of life every second. */
  silenceMs: number
}

/** A dead machine is noticed in 3 s, a cut link in 3.2 s; a glitch of 1.5 s is survived. */
export const SSH_TIMES: SshTimes = { connectMs: 3000, loginMs: 5000, silenceMs: 2900 }

/** `root@10.0.0.12:22`, as messages show it. */
export const shownTarget = ({ user, address, port }: SshTarget): string =>
  `${user}@${address.includes(':') ? `[${address}]` : address}:${port}`
