import { describe, expect, it } from 'vitest'
import { contentsOf, nameOf, parseTreeList } from './tree-list'

const HASH = 'a'.repeat(64)
const folder = (place: string) => ({ place, kind: 'folder' })
const file = (place: string, more: object = {}) => ({ place, kind: 'file', size: 1, executable: false, sha256: HASH, ...more })
const parse = (entries: unknown[], more: object = {}) =>
  parseTreeList(Buffer.from(JSON.stringify({ version: 1, path: '/a/b', entries, ...more })))

describe('the list of a tree', () => {
  it('is a file, or folders before what is in them; each content counts once', () => {
    expect(contentsOf(parse([file('')]))).toEqual([{ sha256: HASH, size: 1, executable: false }])
    const list = parse([folder(''), file('..a'), folder('b'), file('b/$(x)\n"'), file('b/c', { executable: true })])
    expect(contentsOf(list)).toHaveLength(2)
  })

  it.each([
    ['nothing', []],
    ['something else than the tree first', [file('a')]],
    ['a place below a file', [file(''), file('a')]],
    ['a way out', [folder(''), file('..')]],
    ['a way out further down', [folder(''), folder('a'), file('a/../../b')]],
    ['an absolute place', [folder(''), file('/etc/passwd')]],
    ['an empty part', [folder(''), folder('a'), file('a//b')]],
    ['a dot', [folder(''), file('./a')]],
    ['a slash at the end', [folder(''), file('a/')]],
    ['a NUL', [folder(''), file('a\0b')]],
    ['a place twice', [folder(''), file('a'), folder('a')]],
    ['a place in a file', [folder(''), file('a'), file('a/b')]],
    ['a place in a folder that is not listed', [folder(''), file('a/b')]],
    ['a name longer than any file system takes', [folder(''), file('ä'.repeat(128))]],
    ['a hash that is none', [folder(''), file('a', { sha256: '../../../etc/passwd' })]],
    ['a size below zero', [folder(''), file('a', { size: -1 })]],
    ['a link', [folder(''), { place: 'a', kind: 'link', to: '/etc' }]],
    ['a key that nobody knows', [folder(''), file('a', { mode: 0o4777 })]],
  ])('is refused with %s', (_, entries) => {
    expect(() => parse(entries)).toThrow(expect.objectContaining({ code: 302, message: expect.stringContaining('list of a tree') }))
  })

  it('is refused where folders lie too deep, or it is no list at all', () => {
    const places = Array.from({ length: 66 }, (_, depth) => Array(depth).fill('d').join('/'))
    expect(() => parse(places.map(folder))).toThrow(expect.objectContaining({ code: 302, message: expect.stringContaining('deeper') }))
    for (const bytes of [Buffer.from('[]'), Buffer.from('{'), Buffer.from([0xff, 0xfe])]) {
      expect(() => parseTreeList(bytes)).toThrow(expect.objectContaining({ code: 302 }))
    }
    expect(() => parse([file('')], { version: 2 })).toThrow(expect.objectContaining({ code: 302 }))
  })

  it.each([
    ['scripts', 'is not absolute'],
    ['../../etc', 'is not absolute'],
    ['/a/b\0c', 'NUL'],
    [`/a/${'ä'.repeat(128)}`, '255 bytes'],
  ])('is refused for the path %j', (path, why) => {
    expect(() => parse([file('')], { path })).toThrow(expect.objectContaining({ code: 302, message: expect.stringContaining(why) }))
  })

  it.each([
    ['/a/b', 'b'],
    ['/a/b/', 'b'],
    ['/a/b/..', 'a'],
    ['/', 'files'],
  ])('of %s is called %s', (path, name) => {
    expect(nameOf(path)).toBe(name)
  })
})
