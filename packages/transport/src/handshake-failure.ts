/** Why a connection was made and did not come to stand. */
export type HandshakeFailure =
  /** The manager knows no such key. */
  | 'key-refused'
  /** The manager could not say whether it knows this key. */
  | 'not-decided'
  /** One side speaks CURVE and the other does not. */
  | 'encryption-differs'
  /** It broke off without a word: another server key, or the manager ended. */
  | 'broken-off'

/**
 * What to tell a person.
 * @param encrypted - whether this side speaks CURVE
 */
export function handshakeFailureText(failure: HandshakeFailure, encrypted: boolean): string {
  switch (failure) {
    case 'key-refused':
      return 'the manager does not admit this key: it was revoked, or belongs to another cluster'
    case 'not-decided':
      return 'the manager could not judge this key: its log may tell why'
    case 'encryption-differs':
      return encrypted
        ? 'this side speaks CURVE and the manager does not: connect without a key'
        : 'the manager lets in known keys only (CURVE), and no key was given'
    case 'broken-off':
      return encrypted ? "the handshake broke off: the server key may not be this manager's" : 'the handshake broke off'
  }
}
