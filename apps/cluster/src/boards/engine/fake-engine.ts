import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { pino } from 'pino'
import type { ContainerSpec } from '../board'
import { LocalMachine } from '../local/local-machine'
import type { Machine } from '../machine'
import { EngineBoard, type EngineBoardOptions } from './engine-board'

/** What an Engine says: an object is JSON with status 200, bytes are themselves, a number is a status; undefined: it says nothing, for ever. */
type Answer = object | number | undefined

export type Answers = Record<string, Answer | ((request: IncomingMessage, body: unknown) => Answer)>

/** Speaks for a Docker Engine on a Unix socket; what it has no answer for is not there (404). */
export class FakeEngine {
  readonly root = mkdtempSync(join(tmpdir(), 'aicluster-fake-engine-'))
  readonly machine: Machine
  /** `METHOD /path`, as it was asked; queries are left out. */
  readonly asked: string[] = []
  readonly #server = createServer(async (request, response) => {
    const question = `${request.method} ${request.url?.replace(/\?.*$/, '')}`
    this.asked.push(question)
    const given = Object.hasOwn(this.answers, question) ? this.answers[question] : 404
    const body = request.method === 'POST' ? JSON.parse((await text(request)) || 'null') : undefined
    const answer = typeof given === 'function' ? given(request, body) : given
    if (answer === undefined) return
    response.statusCode = typeof answer === 'number' ? answer : 200
    response.setHeader('content-type', 'application/json')
    const words = typeof answer === 'number' ? { message: `said the fake: ${answer}` } : answer
    const said = Buffer.isBuffer(words) ? words : JSON.stringify(words)
    response.setHeader('content-length', Buffer.byteLength(said))
    // Once a reply is ended, what is still being sent is read to its end.
    if (request.method === 'PUT') response.write(said)
    else response.end(said)
  })

  /** @param answers - by `METHOD /path` */
  private constructor(readonly answers: Answers) {
    const machine = new LocalMachine({ board: 'board1', engineSocket: join(this.root, 'docker.sock') })
    const { files, engine, uid } = machine
    this.machine = { files, engine, uid, run: machine.run.bind(machine), home: this.root }
  }

  static async start(answers: Answers): Promise<FakeEngine> {
    const fake = new FakeEngine(answers)
    await new Promise<void>((resolve) => fake.#server.listen(join(fake.root, 'docker.sock'), resolve))
    return fake
  }

  /** A board on it. */
  board(options: Partial<EngineBoardOptions> = {}): EngineBoard {
    return new EngineBoard({
      name: 'board1',
      clusterId: 'cluster1',
      folder: 'containers',
      machine: async () => this.machine,
      allowedRunOptions: [],
      logger: pino({ level: 'silent' }),
      ...options,
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
    rmSync(this.root, { recursive: true, force: true })
  }
}

export const SPEC: ContainerSpec = {
  instance: '0123456789abcdef0123456789abcdef',
  suffixName: 'digits-board1',
  config: { name: 'digits', image_tag: 'digits:1' },
  environment: {},
  token: 'a secret token',
}
