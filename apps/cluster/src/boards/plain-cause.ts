import { stripControl } from './local/strip-control'

/** Longest cause in a message, in characters. */
const MAX_CAUSE = 1000

/** What ssh2 (level), node (code, syscall) and dockerode (statusCode, json) put on their errors. */
interface ErrorShape {
  message?: unknown
  code?: unknown
  /** Of a socket: a path where it is no network address. */
  address?: unknown
  statusCode?: unknown
  json?: unknown
}

/** Words for what the system says in capitals. */
const SYSTEM_CODES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there (ECONNREFUSED): is sshd running, is the port right?',
  EHOSTUNREACH: 'the machine cannot be reached (EHOSTUNREACH): is it on, is the address right?',
  ENETUNREACH: 'there is no way to its network (ENETUNREACH)',
  EHOSTDOWN: 'the machine is down (EHOSTDOWN)',
  ETIMEDOUT: 'it did not answer (ETIMEDOUT): is it on, is the address right?',
  ENOTFOUND: 'its name is not known (ENOTFOUND): is the address right?',
  EAI_AGAIN: 'its name could not be looked up now (EAI_AGAIN)',
  ECONNRESET: 'the connection was lost (ECONNRESET)',
  EPIPE: 'the connection was lost (EPIPE)',
  ENOSPC: 'the disk is full (ENOSPC)',
  EDQUOT: 'the disk quota is used up (EDQUOT)',
}

/** Texts that libraries use for a connection that has gone. */
const LOST =
  /^(No response from server|Keepalive timeout|Not connected|aborted|socket hang up|Connection lost before handshake|Unexpected connection close)$/i

/** Text of others, fit for a message: printable, one paragraph, capped. */
export function cleanText(text: string, max = MAX_CAUSE): string {
  const clean = stripControl(text)
    .trim()
    .replace(/\s*\n\s*/g, '; ')
  return clean.length > max ? `${clean.slice(0, max)}…` : clean
}

/** Why something failed, for people. */
export function plainCause(cause: unknown): string {
  const { message, code, address, statusCode, json } = (
    typeof cause === 'object' && cause !== null ? cause : { message: cause }
  ) as ErrorShape
  const text = typeof message === 'string' ? message : String(message)
  if (typeof statusCode === 'number') return engineRefusal(statusCode, json, text)
  if (/no space left on device/i.test(text)) return `the disk is full: ${cleanText(text)}`
  if (LOST.test(text)) return 'the connection was lost'
  if (typeof address === 'string' && address.startsWith('/')) return socketProblem(address, code) ?? cleanText(text)
  if (typeof code === 'string' && code in SYSTEM_CODES) return SYSTEM_CODES[code] as string
  return cleanText(text) || 'it gave no reason'
}

/** The Engine's own words are in the reply's body; dockerode puts status and class in front of them. */
function engineRefusal(status: number, json: unknown, text: string): string {
  const said = (json as { message?: unknown } | null | undefined)?.message
  const words = cleanText(typeof said === 'string' ? said : text.replace(/^\(HTTP code \d+\) [^-]*- /, ''))
  const full = /no space left on device/i.test(words) ? 'the disk is full: ' : ''
  return `the Engine refused it (${status}): ${full}${words}`
}

/** The Engine of this machine, through its socket. */
function socketProblem(socket: string, code: unknown): string | undefined {
  if (code === 'ENOENT') return `there is no ${socket}: is Docker installed and its Engine running?`
  if (code === 'EACCES') return `the manager's user may not use ${socket}: put it into the docker group, and start the manager again`
  if (code === 'ECONNREFUSED') return `nothing listens at ${socket}: start the Engine (sudo systemctl start docker)`
  return undefined
}
