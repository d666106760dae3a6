import { ContainerStartError } from '@aicluster/host-sdk'
import { expect, it } from 'vitest'
import { failureText } from './failure-text'

it.each([
  [new TypeError('no room in .demo'), 'no room in .demo'],
  ['gone', 'gone'],
  [new ContainerStartError('containerStart', { detail: 'it ended' }), 'ContainerStartError [311]: Container did not start: it ended'],
])('a failure of the demo is told without a stack: %s', (error, text) => {
  expect(failureText(error)).toBe(text)
})
