import { expect, it } from 'vitest'
import { AskingHalf } from './asking-half'

it('what is sent because all is accounted for does not overtake what a reconciliation has held back', () => {
  const open = [1]
  const sent: number[] = []
  let round = 0
  const half = new AskingHalf(
    {
      open: () => [...open],
      reconcile: (number) => {
        round = number
      },
      resend: (number) => void sent.push(number),
      accounted: () => {
        open.push(3)
        if (half.isLive) sent.push(3)
      },
    },
    true,
  )
  half.up(true)
  open.push(2)

  half.reconciled(round, [1])

  expect(sent).toEqual([1, 2, 3])
})
