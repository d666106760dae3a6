import { describe, expect, it } from 'vitest'
import { Bars, type Step } from './bars'

const step = (task: string, phase: string, bytesDone?: number, bytesTotal?: number): Step => ({ task, phase, bytesDone, bytesTotal })

describe('on a terminal', () => {
  it('each task is a line with its latest step, a bar where bytes move', () => {
    const bars = new Bars()
    bars.update(step('digits on board1', 'check'))
    bars.update(step('digits on board1', 'copy', 1_000_000, 4_000_000))
    bars.update(step('digits on b2', 'start'))
    expect(bars.lines()).toEqual(['  digits on board1  copy   [######------------------]  25 %  1 MB of 4 MB', '  digits on b2      start'])
  })

  it.each([
    ['nothing to move is done', 0, 0, '[########################] 100 %  0 B of 0 B'],
    ['more than announced is not more than all', 9, 3, '[########################] 100 %  9 B of 3 B'],
    ['the last byte counts', 999, 1000, '[#######################-]  99 %  999 B of 1 kB'],
  ])('%s', (_, done, total, bar) => {
    const bars = new Bars()
    bars.update(step('a', 'copy', done, total))
    expect(bars.lines()).toEqual([`  a  copy  ${bar}`])
  })

  it('what was one step of the whole goes once its parts have lines', () => {
    const bars = new Bars()
    bars.update(step('digits', 'check'))
    bars.update({ ...step('digits on board1', 'copy'), partOf: 'digits' })
    expect(bars.lines()).toEqual(['  digits on board1  copy'])
  })

  it('what the cluster says cannot move the cursor', () => {
    const bars = new Bars()
    bars.update(step('a\u001b[2J\n', 'co\rpy'))
    expect(bars.lines()).toEqual(['  a  co py'])
  })
})

describe('elsewhere', () => {
  it('each phase is a line once, and bytes again after ten seconds', () => {
    let nowMs = 0
    const bars = new Bars(() => nowMs)
    bars.update(step('a', 'check'))
    expect(bars.news()).toEqual(['a: check'])
    expect(bars.news()).toEqual([])
    bars.update(step('a', 'copy', 0, 10))
    expect(bars.news()).toEqual(['a: copy, 0 B of 10 B'])
    nowMs = 9_999
    bars.update(step('a', 'copy', 5, 10))
    expect(bars.news()).toEqual([])
    nowMs = 10_000
    expect(bars.news()).toEqual(['a: copy, 5 B of 10 B'])
  })
})
