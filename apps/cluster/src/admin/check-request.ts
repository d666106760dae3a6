import type { IncomingMessage } from 'node:http'
import { AdminError } from './admin-error'

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]']

/**
 * Refuse whatever is not a plain GET or HEAD that was meant for this server.
 *
 * A page in a browser can make its own name resolve to this machine and then read what it asks for; the Host header still says that
 * name, so only names of this machine pass. The port is not looked at: it is another one behind an SSH tunnel.
 *
 * @param boundHost - the address the server is bound to
 * @throws AdminError 403 the Host header names another machine; 405 another method; 400 a body, or a target that is no path
 */
export function checkRequest({ headers, rawHeaders, method, url }: IncomingMessage, boundHost: string): void {
  const hosts = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host')
  if (hosts.length > 1) throw new AdminError(400, 'bad_request', 'more than one Host header')
  if (!isOwnName(headers.host, boundHost)) {
    throw new AdminError(403, 'forbidden_host', `the Host header must name this machine: ${ownNames(boundHost).join(', ')}`)
  }
  if (method !== 'GET' && method !== 'HEAD') {
    throw new AdminError(405, 'method_not_allowed', 'everything here is read-only: GET or HEAD', { Allow: 'GET, HEAD' })
  }
  if (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0) {
    throw new AdminError(400, 'bad_request', 'a body is not taken')
  }
  if (!url?.startsWith('/')) throw new AdminError(400, 'bad_request', 'the request target must be a path')
}

const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host)
const ownNames = (boundHost: string): string[] => [...new Set([...LOOPBACK_NAMES, bracketed(boundHost)])]

function isOwnName(header: string | undefined, boundHost: string): boolean {
  const name = /^(\[[0-9a-f:]+\]|[^:@/\s]+)(?::\d{1,5})?$/i.exec(header ?? '')?.[1]
  return name !== undefined && ownNames(boundHost).includes(name.toLowerCase())
}
