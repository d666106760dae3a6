import { describe, expect, it } from 'vitest'
import { fileIn, readGuide } from './read-guide'

const GUIDE = `# Title

\`\`\`sh
npm install
\`\`\`

\`\`\`js title="host.mjs"
import { a } from 'b'

a()
\`\`\`

\`\`\`console run
$ node host.mjs
first
…
$ true
\`\`\`
`

const block = (fence: string, text = 'a()') => `words\n\n\`\`\`${fence}\n${text}\n\`\`\`\n`

describe('readGuide', () => {
  it('finds files and commands in order, and leaves the rest to the eye', () => {
    expect(readGuide(GUIDE)).toEqual([
      { kind: 'file', name: 'host.mjs', text: "import { a } from 'b'\n\na()\n" },
      {
        kind: 'commands',
        commands: [
          { line: 'node host.mjs', expected: ['first', '…'] },
          { line: 'true', expected: [] },
        ],
      },
    ])
  })

  it('finds what is typed where a command asks', () => {
    const [step] = readGuide(block('console ask', '$ trust\nkey …\nAccept it? [y/N] y\ndone'))
    const expected = ['key …', 'Accept it? [y/N] y', 'done']
    expect(step).toEqual({ kind: 'commands', commands: [{ line: 'trust', expected, answers: ['y'] }] })
  })

  it.each([
    ['a program that is not compiled', block('ts'), 'line 3: a ts block without title'],
    ['a transcript that is not run', block('console', '$ true'), 'without run or ask'],
    ['a mark that nobody knows', block('js titel="a.mjs"'), 'nobody knows the mark titel="a.mjs"'],
    ['a name that comes twice', block('js title="a.mjs"') + block('js title="a.mjs"'), 'line 8: a.mjs comes twice'],
    ['a name that leaves the folder', block('js title="../a.mjs"'), 'no plain file name'],
    ['output without a command', block('console run', 'first'), 'begins with a line that begins with "$ "'],
    ['a block that is never closed', '```sh\nnpm install\n', 'line 1: a block that is never closed'],
  ])('refuses %s', (_what, markdown, message) => {
    expect(() => readGuide(markdown)).toThrow(message)
  })
})

describe('fileIn', () => {
  it('finds a file among other blocks', () => {
    expect(fileIn(block('ts') + GUIDE, 'host.mjs')).toBe("import { a } from 'b'\n\na()\n")
  })

  it('rejects a file that is not there, or there twice', () => {
    expect(() => fileIn(GUIDE, 'other.mjs')).toThrow('it stands there 0 times')
    expect(() => fileIn(GUIDE + GUIDE, 'host.mjs')).toThrow('it stands there 2 times')
  })
})
