import { ERROR_CODES, type ErrorCodeRow } from '../src/index'

const HEAD = `# Errors

Every failure has a code, and the code a class in each SDK. A message begins with the text of this table, then comes \`: \` and what
was wrong, which value, what to do. *Again* says whether the same call may succeed later without anybody changing anything.
\`{}\` and \`{name}\` are filled with what the failure is about. A code that an SDK does not know arrives as \`UnknownError\` with that code.

This page is printed from \`packages/protocol/src/errors/error-code.ts\` (\`pnpm --filter @aicluster/protocol errors-page\`): change it there.
[Each code with its causes and cures](guides/errors.md).
`

const cell = (text: string): string => text.replaceAll('|', '\\|')

const line = ({ code, error, message, retryable, cure }: ErrorCodeRow): string =>
  `| ${code} | \`${error}\` | ${cell(message)} | ${retryable ? 'yes' : 'no'} | ${cell(cure)} |`

/** docs/errors.md as the table has it. */
export const errorsPage = (): string =>
  `${HEAD}\n| code | class | text | again | what it means, what to do |\n| --- | --- | --- | --- | --- |\n${Object.values(ERROR_CODES).map(line).join('\n')}\n`
