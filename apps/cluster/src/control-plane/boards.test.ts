import { describe, expect, it } from 'vitest'
import type { Board } from '../boards/board'
import { Boards } from './boards'

const board = (name: string, labels: Record<string, string> = {}) => ({ name, labels }) as Board
const namesOf = (boards: readonly Board[]) => boards.map(({ name }) => name)

describe('boards selected by their labels', () => {
  const boards = new Boards([board('a', { gpu: 'orin', rack: '7' }), board('b', { gpu: 'nano' }), board('c')])

  it('are those that have the label with that value', () => {
    expect(namesOf(boards.labelled({ key: 'gpu', value: 'orin' }))).toEqual(['a'])
  })

  it('are those that have the label at all, where no value is said', () => {
    expect(namesOf(boards.labelled({ key: 'gpu' }))).toEqual(['a', 'b'])
  })

  it('are none for a label that nobody gave, whatever objects inherit', () => {
    expect(boards.labelled({ key: 'constructor' })).toEqual([])
  })

  it('can be named by the labels there are', () => {
    expect(boards.labelTexts()).toEqual(['gpu=nano', 'gpu=orin', 'rack=7'])
  })
})

it('a board is held until the last command that needs it is done with it', () => {
  const boards = new Boards([board('a')])
  const [first, second] = [boards.hold(['a']), boards.hold(['a', 'b'])]
  first()
  expect(boards.isHeld('a')).toBe(true)
  second()
  expect([boards.isHeld('a'), boards.isHeld('b')]).toEqual([false, false])
})

it('a board that was removed is found no more, the others keep their order', () => {
  const boards = new Boards([board('a'), board('b')])
  boards.add(board('c'))
  expect(boards.remove('a')?.name).toBe('a')
  expect(boards.remove('a')).toBeUndefined()
  expect(boards.names()).toEqual(['b', 'c'])
})
