import { relative } from 'node:path'
// Not by name: an early Node 16 lacks it, and must still be able to say that it is too old.
import util from 'node:util'
import { root } from './repository.mjs'

const MOST_LINES = 20
/** A message may quote a whole body; the log above has it all. */
const LONGEST_MESSAGE = 300

/**
 * What failed in one file of vitest's results, a line each: `<file> > <suite> > <test>: <first line of the message>`.
 * A file that failed without a failed test, because it could not be loaded or a hook of its threw, is one failure by itself.
 */
export function failedTests(file) {
  const name = relative(root, file.name)
  const tests = file.assertionResults.filter(({ status }) => status === 'failed')
  if (tests.length === 0) return file.status === 'failed' ? [`${name}: ${firstLine(file.message)}`] : []
  return tests.map((test) => `${[name, ...test.ancestorTitles, test.title].join(' > ')}: ${firstLine(test.failureMessages?.[0])}`)
}

/** What the end of the log says about them: a line each, and how many there are beyond the first twenty. */
export function failureLines(failures) {
  const lines = failures.slice(0, MOST_LINES).map((failure) => `FAILED     ${failure}`)
  return failures.length > MOST_LINES ? [...lines, `... and ${failures.length - MOST_LINES} more`] : lines
}

function firstLine(message = '') {
  const line = util
    .stripVTControlCharacters(message)
    .trim()
    .split(/[\r\n]/, 1)[0]
  if (line === '') return 'see the log above'
  return line.length > LONGEST_MESSAGE ? `${line.slice(0, LONGEST_MESSAGE)}…` : line
}
