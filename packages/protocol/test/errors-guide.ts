import { readFileSync } from 'node:fs'
import { ERROR_CODES, type ErrorCodeRow, type ErrorKey } from '../src/index'
import { ERROR_CAUSES } from './error-causes'

/** A case of the specification: an API, and what went wrong. */
interface SpecifiedCase {
  class: string
  api: string
  when: string
  code: number
  message: string
  notify: 'reject' | 'throw' | 'callback' | 'event'
}

const SPECIFIED = (JSON.parse(readFileSync(new URL('../spec/errors.json', import.meta.url), 'utf8')) as { rows: SpecifiedCase[] }).rows

/** Which calls end with the codes that the specification does not have. */
const OWN_CASES: Partial<Record<ErrorKey, string>> = {
  queueDeleted: '`AICluster.infer`, `inferImage`, both forms: the request was deleted while it waited',
  containerStart: '`AICluster.loadInference`, `reloadInference`, `CoprocessorHandler.addInference`, `ContainerHandler.start`, both forms',
  requestAborted: 'every awaited method that was given a `signal`',
  requestTimeout: 'every awaited method that was given a `timeout`',
  outcomeExpired: 'every call that was open when the session ended, both forms',
  notPermitted: '`AICluster` commands that change the cluster, both forms: the application has a key that may only infer',
  internal: 'any call, both forms',
}

const HEAD = `# Errors: what happened, and what to do

Every failure is an \`AIClusterError\` with a \`code\`, a class of its own and a \`message\` that begins with the text below and goes on with
what was wrong, which value, what to do. Use whichever you like:

\`\`\`ts title="full-queue.mts"
import { AICluster, SendQueueFullError } from '@aicluster/host-sdk'

await using cluster = await AICluster.connect()
try {
  await cluster.infer('digits', Buffer.from('…'))
} catch (error) {
  if (error instanceof SendQueueFullError) console.log('too fast')
  else console.log(error)
}
\`\`\`

- A promise rejects; it never throws at once. An \`…Async\` form **throws** what the SDK itself refuses and **calls back** with code and
  message what the cluster refuses. Events come by \`manageCallback\` and \`cluster.on\`.
- \`error.retryable\`: the same call may succeed later without anybody changing anything. It does not say that the call has had no effect.
- [All codes in one table](../errors.md).

Printed from \`packages/protocol\` (\`pnpm --filter @aicluster/protocol errors-page\`): change \`test/error-causes.ts\` there.
`

const NAMES: Record<string, string> = {
  'AICluster.__init__': 'connect',
  'Connector.__init__': 'open',
  'AICluster.connect_aicluster': 'connectAICluster',
}

const camelCase = (name: string): string => name.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase())

const methodName = ({ class: owner, api }: SpecifiedCase): string => {
  const bare = api.replace(/_async$/, '')
  return NAMES[`${owner}.${bare}`] ?? camelCase(bare)
}

/** A case in the words of this SDK: its links and the names of its arguments. */
const ourWords = (when: string): string =>
  when
    .replace('publisher or subscriber', 'inference or management link')
    .replace('image_data / in_data', 'image, data')
    .replace(/\(here also script_tag, model_tag\)/, '(or scriptTag, modelTag)')
    .replaceAll('another process', 'another session')
    .replace(/\b[a-z]+(?:_[a-z]+)+\b/g, (name) => `\`${camelCase(name)}\``)

/** `AICluster`: `infer`, `putFile`; only the `…Async` forms where no promise form ends like this. */
function callsOf(rows: readonly SpecifiedCase[]): string {
  const onlyAsync = rows.every(({ api }) => api.endsWith('_async'))
  const names = (owner: string) =>
    new Set(rows.filter((row) => row.class === owner).map((row) => `\`${methodName(row)}${onlyAsync ? 'Async' : ''}\``))
  return [...new Set(rows.map((row) => row.class))].map((owner) => `\`${owner}\`: ${[...names(owner)].join(', ')}`).join('; ')
}

/** What ends with an error, case by case, and how an `…Async` form tells it. */
function casesOf({ code, message }: ErrorCodeRow): string[] {
  const rows = SPECIFIED.filter((row) => row.code === code && row.message === message)
  return [...new Set(rows.map(({ when }) => when))].map((when) => {
    const alike = rows.filter((row) => row.when === when)
    const tells = new Set(alike.map(({ notify }) => notify))
    if (tells.has('event')) return `- ${ourWords(when)}: an event`
    const told = tells.has('throw') ? ' (`…Async` throws)' : tells.has('callback') ? ' (`…Async` calls back)' : ''
    return `- ${ourWords(when)}${told}. ${callsOf(alike)}`
  })
}

const isEvent = ({ code }: ErrorCodeRow): boolean => SPECIFIED.some((row) => row.code === code && row.notify === 'event')

const cell = (text: string): string => text.replaceAll('|', '\\|')

function section([key, row]: [ErrorKey, ErrorCodeRow]): string {
  const own = OWN_CASES[key]
  return [
    `## ${row.code} ${row.error}: ${row.message}`,
    '',
    ...(own === undefined ? casesOf(row) : [`- ${own} (ours)`]),
    '',
    `${row.cure}${row.retryable && !isEvent(row) ? ' May succeed when called again.' : ''}`,
    '',
    '| cause | cure |',
    '| --- | --- |',
    ...ERROR_CAUSES[key].map(([cause, cure]) => `| ${cell(cause)} | ${cell(cure)} |`),
    '',
  ].join('\n')
}

/** docs/guides/errors.md as the table, the specification and the causes have it. */
export const errorsGuide = (): string => `${HEAD}\n${(Object.entries(ERROR_CODES) as [ErrorKey, ErrorCodeRow][]).map(section).join('\n')}`
