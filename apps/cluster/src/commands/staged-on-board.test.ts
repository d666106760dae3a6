import { expect, it } from 'vitest'
import { stagedOnBoard } from './staged-on-board'

/** Files whose board can be lost. */
function world() {
  const steps: string[] = []
  let lost = false
  const step = (name: string) => async () => {
    if (lost) throw new Error('its connection was lost')
    steps.push(name)
  }
  const part = { commit: step('commit'), revert: step('revert'), dispose: step('dispose') }
  const staged = stagedOnBoard(part, () => steps.push('look again'))
  return { staged, steps, turn: (isLost: boolean) => (lost = isLost) }
}

it('files that were taken back on a board are cleared away', async () => {
  const { staged, steps } = world()
  await staged.commit()
  await staged.revert()
  await staged.dispose()
  expect(steps).toEqual(['commit', 'revert', 'dispose'])
})

it('files that could not be taken back keep the originals on their board, also when that is back a moment later, and it is looked at', async () => {
  const { staged, steps, turn } = world()
  await staged.commit()
  turn(true)
  await expect(staged.revert()).rejects.toThrow('lost')
  turn(false)

  await staged.dispose()

  expect(steps).toEqual(['commit', 'look again'])
})
