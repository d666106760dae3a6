import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Logger } from 'pino'
import { AdminError } from './admin-error'
import type { AdminPage, AdminPages } from './admin-pages'
import { checkRequest } from './check-request'

/** Connections at a time; one more ends the oldest one that is not being answered. */
const MAX_CONNECTIONS = 64
/** Responses with metrics at a time: they are large, and slow readers must not fill memory with them. */
const MAX_SCRAPES = 4
const MAX_HEADER_BYTES = 8 * 1024
/** How long a request may take to arrive, in ms. */
const REQUEST_TIMEOUT_MS = 5_000
/** How long a connection may be idle, in ms. */
const IDLE_TIMEOUT_MS = 10_000
/** How long a reader may take for a whole response, in ms. */
const RESPONSE_TIMEOUT_MS = 30_000
const CHECK_INTERVAL_MS = 500

/** Nothing here is for a browser: it must not guess a type, run, frame, or keep anything. */
const HEADERS = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
} as const

const BROKEN: Record<string, AdminError> = {
  HPE_HEADER_OVERFLOW: new AdminError(431, 'headers_too_large', `headers may have ${MAX_HEADER_BYTES} bytes`),
  ERR_HTTP_REQUEST_TIMEOUT: new AdminError(408, 'request_timeout', `a request must arrive within ${REQUEST_TIMEOUT_MS} ms`),
}
const BAD_REQUEST = new AdminError(400, 'bad_request', 'this is not HTTP/1.1')

/** Health and metrics over HTTP: read-only, for programs of this machine. Takes no body, keeps nothing. */
export class AdminServer {
  private readonly server: Server
  private readonly connections = new Set<Socket>()
  private readonly answering = new Set<Socket>()
  private scrapes = 0
  private host = ''

  constructor(
    private readonly pages: AdminPages,
    private readonly log: Pick<Logger, 'error'>,
  ) {
    const onRequest = (request: IncomingMessage, response: ServerResponse) => void this.onRequest(request, response)
    this.server = createServer(
      {
        maxHeaderSize: MAX_HEADER_BYTES,
        headersTimeout: REQUEST_TIMEOUT_MS,
        requestTimeout: REQUEST_TIMEOUT_MS,
        keepAliveTimeout: IDLE_TIMEOUT_MS,
        connectionsCheckingInterval: CHECK_INTERVAL_MS,
      },
      onRequest,
    )
    this.server.setTimeout(IDLE_TIMEOUT_MS, (socket) => socket.destroy())
    // Whoever asks before it sends a body is not told to go on: the answer is the refusal.
    this.server.on('checkContinue', onRequest)
    this.server.on('connection', (socket: Socket) => this.admit(socket))
    this.server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => refuse(socket, BROKEN[error.code ?? ''] ?? BAD_REQUEST))
  }

  /** Resolves with the port. @throws as `net.Server.listen`: EADDRINUSE, EACCES, EADDRNOTAVAIL */
  listen(host: string, port: number): Promise<number> {
    this.host = host
    return new Promise((resolve, reject) => {
      this.server.once('error', reject)
      this.server.listen(port, host, () => {
        this.server.off('error', reject)
        this.server.on('error', (error) => this.log.error({ err: error }, 'the admin server failed'))
        resolve((this.server.address() as AddressInfo).port)
      })
    })
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve())
      this.server.closeAllConnections()
    })
  }

  private admit(socket: Socket): void {
    if (this.connections.size >= MAX_CONNECTIONS) {
      const idle = [...this.connections].find((other) => !this.answering.has(other))
      ;(idle ?? socket).destroy()
      if (idle) this.connections.delete(idle)
      else return
    }
    this.connections.add(socket)
    socket.once('close', () => this.connections.delete(socket))
  }

  private async onRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = request
    const path = request.url?.split('?', 1)[0] ?? ''
    const scrape = path === '/metrics' ? 1 : 0
    // One at a time on a connection: what is pipelined behind it waits.
    this.answering.add(socket)
    this.scrapes += scrape
    const late = setTimeout(() => socket.destroy(), RESPONSE_TIMEOUT_MS)
    response.once('close', () => {
      clearTimeout(late)
      this.answering.delete(socket)
      this.scrapes -= scrape
    })
    try {
      checkRequest(request, this.host)
      if (scrape && this.scrapes > MAX_SCRAPES) {
        throw new AdminError(503, 'busy', `${MAX_SCRAPES} readers of the metrics are being served already`, { 'Retry-After': '1' })
      }
      send(request, response, await this.pages.page(path, request.headers.accept))
    } catch (error) {
      send(request, response, this.errorPage(error))
    }
  }

  private errorPage(error: unknown): ErrorPage {
    if (error instanceof AdminError) return pageOf(error)
    this.log.error({ err: error }, 'a request to the admin server failed inside')
    return pageOf(new AdminError(500, 'internal', 'this is a defect of the manager: its log says more'))
  }
}

type ErrorPage = AdminPage & { headers: Readonly<Record<string, string>> }

const pageOf = ({ status, body, headers }: AdminError): ErrorPage => ({
  status,
  contentType: 'application/json; charset=utf-8',
  body,
  headers,
})

function send(request: IncomingMessage, response: ServerResponse, page: AdminPage | ErrorPage): void {
  const { status, contentType, body } = page
  const refused = status >= 400 && status < 500
  response.writeHead(status, {
    ...HEADERS,
    'Content-Type': contentType,
    'Content-Length': Buffer.byteLength(body),
    ...('headers' in page ? page.headers : {}),
    // There may be a body behind it that nobody wants to read.
    ...(refused ? { Connection: 'close' } : {}),
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}

/** What is no request gets its answer by hand, and the connection ends. */
function refuse(socket: Socket, { status, code, body }: AdminError): void {
  if (!socket.writable) return void socket.destroy()
  const head = [
    `HTTP/1.1 ${status} ${code}`,
    ...Object.entries(HEADERS).map(([name, value]) => `${name}: ${value}`),
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
}
