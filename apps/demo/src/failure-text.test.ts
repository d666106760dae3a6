import { AIClusterError } from '@aicluster/host-sdk'
import { expect, it } from 'vitest'
import { failureText } from './failure-text'

it.each([
  [new TypeError('no room in .demo'), /^no room in .demo$/],
  ['gone', /^gone$/],
])('a failure of the demo is told without a stack: %s', (error, text) => {
  expect(failureText(error)).toMatch(text)
})

it('an error of the cluster is told with its code', () => {
  const error = Object.assign(Object.create(AIClusterError.prototype), { name: 'ContainerStartError', code: 311, message: 'it ended' })
  expect(failureText(error)).toBe('ContainerStartError [311]: it ended')
})
