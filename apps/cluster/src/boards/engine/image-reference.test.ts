import { describe, expect, it } from 'vitest'
import { FakeEngine, SPEC } from './fake-engine'
import { isImageReference } from './image-reference'

const VERSION = { 'GET /version': { Version: '20.10.0', ApiVersion: '1.41' } }
const HEX = '0123456789abcdef'.repeat(4)

describe('the name of an image', () => {
  it.each([
    'digits',
    'digits:1',
    'digits:v1.0_A-b',
    'team/digits',
    'a__b/c-d.e--f:1',
    'localhost:5000/digits',
    'Registry/digits:1',
    'my-registry.example.com:5000/team/digits:1',
    '[2001:db8::1]:5000/digits:1',
    `digits@sha256:${HEX}`,
    `digits:1@sha256:${HEX}`,
    `sha256:${HEX}`,
    HEX.slice(0, 12),
  ])('may be %s', (text) => {
    expect(isImageReference(text)).toBe(true)
  })

  it.each([
    '',
    'my image',
    'Digits:1',
    'team/Digits',
    'digits:',
    ':1',
    'digits:1:2',
    `digits:${'x'.repeat(129)}`,
    '/digits',
    'digits/',
    'a//b',
    'a..b',
    '../containers/x',
    'a/../../containers/x',
    'a/./b',
    'digits?x=1',
    'digits#1',
    'digits%2f1',
    'digits\n',
    'digits@sha256:abc',
    'a'.repeat(600),
  ])('may not be %j', (text) => {
    expect(isImageReference(text)).toBe(false)
  })
})

describe('an image_tag', () => {
  it('that can name no image is refused before the Engine is asked', async () => {
    await using engine = await FakeEngine.start(VERSION)

    await expect(engine.board().check({ ...SPEC.config, image_tag: 'a/../../containers/x' })).rejects.toMatchObject({
      code: 302,
      message: expect.stringContaining('image_tag "a/../../containers/x" must be the name of an image'),
      details: { field: 'image_tag' },
    })

    expect(engine.asked.filter((question) => question.includes('/images/'))).toEqual([])
  })

  it('that its Engine takes for none is refused in its words', async () => {
    await using engine = await FakeEngine.start({ ...VERSION, 'GET /images/digits:1/json': 400 })

    await expect(engine.board().check(SPEC.config)).rejects.toMatchObject({
      code: 302,
      message: expect.stringContaining('image_tag "digits:1" is none to the Engine of this board: said the fake: 400'),
    })
  })
})
