import { describe, expect, it } from 'vitest'
import { makeProgram } from '../cli'
import { complete } from './complete'

const program = makeProgram('0', { stdout: { write: () => true }, stderr: { write: () => true }, env: {} }, () => async () => {})

const words = (line: string): string[] => {
  const found = complete(program, line.split(' '))
  return found.kind === 'words' ? found.words.map(({ word }) => word) : []
}

describe('what may come next', () => {
  it('is a command at first, with what it does', () => {
    expect(words('')).toEqual(expect.arrayContaining(['up', 'queue', 'top']))
    expect(words('')).not.toContain('__complete')
    expect(complete(program, [''])).toMatchObject({ words: expect.arrayContaining([{ word: 'ps', what: 'list containers' }]) })
  })

  it('is a command below a command', () => {
    expect(words('queue ')).toEqual(['ls', 'rm'])
    expect(words('--state /s queue ')).toEqual(['ls', 'rm'])
  })

  it('is an option of the command, or of every command', () => {
    expect(words('queue rm -')).toEqual(expect.arrayContaining(['--force', '--json', '--help']))
    expect(words('ps --')).not.toContain('--version')
    expect(words('--')).toContain('--version')
  })

  it.each(['load --type ', 'load --type=', 'load --type=L'])('is one of the values of an option: %s', (line) => {
    expect(words(line)).toEqual(['other', 'Loop'])
  })

  it.each([
    ['an inference', 'unload ', 'inference'],
    ['an inference behind an option', 'unload --board b --all ', 'inference'],
    ['an inference below a command', 'distribution stop ', 'inference'],
    ['a board', 'unload --board ', 'board'],
    ['a board, written onto its option', 'unload --board=x', 'board'],
    ['a board as argument', 'images ', 'board'],
    ['a container', 'logs -n 5 ', 'container'],
    ['a container as value', 'distribution stop digits --container ', 'container'],
  ])('is %s', (_, line, of) => {
    expect(complete(program, line.split(' '))).toMatchObject({ kind: 'names', of })
  })

  it.each([
    ['a file', 'load ', 'file'],
    ['a further file', 'infer digits a.png b', 'file'],
    ['a file of many', 'put digits --script a.js ', 'file'],
    ['a folder', '--state ', 'folder'],
    ['a file behind --', 'load -- -', 'file'],
  ])('is %s', (_, line, of) => {
    expect(complete(program, line.split(' '))).toEqual({ kind: 'paths', of })
  })

  it('is an option again behind a file of many', () => {
    expect(words('put digits --script a.js --m')).toContain('--model')
  })

  it.each(['ps digits ', 'infer a b --param ', 'frob ', 'unload --all=', 'queue ls --limit '])('is nothing: %s', (line) => {
    expect(complete(program, line.split(' '))).toEqual({ kind: 'words', words: [] })
  })

  it('depends on the cluster that the line is about', () => {
    expect(complete(program, ['--state', '/s', 'ps', '--endpoint=e', ''])).toMatchObject({ given: { '--state': '/s', '--endpoint': 'e' } })
  })
})
