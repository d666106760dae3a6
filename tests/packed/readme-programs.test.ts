import { describe, expect, it } from 'vitest'
import { extractProgram } from './readme-programs'

const README = `# Title

<!-- program: host.mjs -->
\`\`\`js
import { a } from 'b'

a()
\`\`\`

<!-- program: container.mjs -->

\`\`\`ts
run()
\`\`\`
\`\`\`sh
npm test
\`\`\`
`

describe('extractProgram', () => {
  it('finds each program by its name', () => {
    expect(extractProgram(README, 'host.mjs')).toBe("import { a } from 'b'\n\na()\n")
    expect(extractProgram(README, 'container.mjs')).toBe('run()\n')
  })

  it('rejects a program that is not there', () => {
    expect(() => extractProgram(README, 'other.mjs')).toThrow('it stands there 0 times')
  })

  it('rejects a program that is there twice', () => {
    expect(() => extractProgram(README + README, 'host.mjs')).toThrow('it stands there 2 times')
  })

  it('rejects a marker without a block', () => {
    expect(() => extractProgram('<!-- program: host.mjs -->\nwords\n```js\na()\n```\n', 'host.mjs')).toThrow(
      'followed by a line that opens',
    )
  })
})
