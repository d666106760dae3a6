import { describe, expect, it } from 'vitest'
import { namedPaths } from './named-paths'

const IMAGE = { image_path: '/images/', image_filename: 'a.tar' }

describe('the paths that a config names', () => {
  it('are those of script_path, the image and copy, each with its field', () => {
    const copy = [
      { From: '/c', To: 'c' },
      { From: '/d', To: 'd' },
    ]
    expect(namedPaths({ name: 'a', script_path: '/s', ...IMAGE, copy })).toEqual([
      { field: 'script_path', path: '/s' },
      { field: 'image_filename', path: '/images/a.tar' },
      { field: 'copy[0].From', path: '/c' },
      { field: 'copy[1].From', path: '/d' },
    ])
  })

  it.each([
    ['a folder alone', { image_path: '/i' }, ['/i']],
    ['an absolute file, whatever the folder', { image_path: '/i', image_filename: '/x/a.tar' }, ['/x/a.tar']],
    ['a relative file without a folder: it is nowhere', { image_filename: 'a.tar' }, []],
    ['a plain process has none', { ...IMAGE, implementation_type: 'other' }, []],
  ])('an image: %s', (_, config, paths) => {
    expect(namedPaths(config).map(({ path }) => path)).toEqual(paths)
  })

  it('are none where nothing is made of them, or they are no paths', () => {
    expect(namedPaths({ implementation_type: 'Loop', script_path: '/s', copy: { From: '/c', To: 'c' } })).toEqual([])
    expect(namedPaths({ script_path: 7, image_path: null, copy: [null, { From: '' }, 'x'] })).toEqual([])
    expect(namedPaths(null)).toEqual([])
  })
})
