import { RecordFlag } from '../src/index'

// What the golden vectors have in common: the same session of an application, the same container.

export const bytes = (length: number, first = 0): Uint8Array => Uint8Array.from({ length }, (_, index) => (first + index) & 0xff)

const SECRET = bytes(16)
const NONCE = bytes(8, 0xa0)
export const EPOCH = 7
export const HOST = { epoch: EPOCH, session: 3 }
export const CONTAINER = { epoch: EPOCH, session: 2 }
export const FIRST = 8 * 2 ** 20
export const LIMITS = { max_body_bytes: 67_108_864, max_header_bytes: 1_048_576 }
export const STAMPS = {
  flags: RecordFlag.stamps,
  receivedAtMs: 1_763_712_000_001.25,
  sentAtMs: 1_763_712_000_001.5,
  answeredAtMs: 1_763_712_000_004.75,
}
export const HOST_HELLO = {
  protocol: [1, 0],
  role: 'host',
  nonce: NONCE,
  session_secret: SECRET,
  host: 'bench',
  pid: 4242,
  token: '',
  software: 'golden/1',
  reconnect_timeout_ms: 30_000,
}
export const CONTAINER_HELLO = {
  protocol: [1, 0],
  role: 'container',
  nonce: NONCE,
  session_secret: SECRET,
  host: 'board1',
  pid: 1,
  token: 'dGhlIHRva2Vu',
  instance: '0f1e2d3c4b5a69788796a5b4c3d2e1f0',
  names: ['digits'],
  in_hand: [],
  software: 'golden/1',
}
