import { expect, it } from 'vitest'
import { dispatchLimits } from './dispatch-limits'
import { parseClusterFile } from './load-cluster-file'

const limitsOf = (text: string) => dispatchLimits(parseClusterFile('c.yaml', text))

it('the dispatcher gets the defaults where the file says nothing', () => {
  expect(limitsOf('')).toEqual({ hangTimeoutMs: 60_000, responseTimeoutMs: 300_000, maxQueuedPerSession: 100_000 })
})

it('the dispatcher gets what the file says', () => {
  const text = 'hang_timeout: 5\ndefaults:\n  wait_queue_timeout: 70\nlimits:\n  max_queued_per_session: 9\n'
  expect(limitsOf(text)).toEqual({ hangTimeoutMs: 5, responseTimeoutMs: 70, maxQueuedPerSession: 9 })
})

it('a container may hold a request for ever where the file says never', () => {
  expect(limitsOf('hang_timeout: never\n').hangTimeoutMs).toBe(Number.POSITIVE_INFINITY)
})

it('anything else that is not a time is refused with what may stand there', () => {
  expect(() => limitsOf('hang_timeout: nevr\n')).toThrow('c.yaml:1:15: hang_timeout is "nevr", it must be an integer or "never"')
})
