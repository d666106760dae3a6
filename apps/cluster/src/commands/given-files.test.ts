import { describe, expect, it } from 'vitest'
import { givenFiles } from './given-files'

describe('the files of a put_file command', () => {
  it('go by their names', () => {
    const names = givenFiles({ script: '/app/main.js', other: ['/app/../x/..data', '/app/...'] }).map(({ name }) => name)
    expect(names).toEqual(['main.js', '..data', '...'])
  })

  it.each(['/app/..', '/app/.', '/..', '/', '//', '/app/../'])('are refused where a path ends in no name: %s', (path) => {
    expect(() => givenFiles({ other: ['/app/main.js', path] })).toThrow(
      expect.objectContaining({ code: 302, message: expect.stringContaining(`file_info.other is "${path}"`) }),
    )
  })
})
