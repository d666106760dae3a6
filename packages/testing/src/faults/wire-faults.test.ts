import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { eventually } from '../eventually'
import { tempFolder } from '../temp-folder'
import { FaultProcess } from './fault-process'
import { WireFaults } from './wire-faults'

describe('the faults of a world', () => {
  it('reach its processes, and their counts come back added up', async () => {
    await using folder = await tempFolder()
    const faults = new WireFaults(join(folder.path, 'faults'), { seed: 1, delayMs: [1, 2] })
    const process = new FaultProcess(join(folder.path, 'faults'))
    expect(process.dice.roll('Replies')).toBeUndefined()

    faults.set({ Replies: { lost: 1 } })

    await eventually('the new rates', () => process.dice.rates.Replies?.lost === 1)
    expect(process.delayMs()).toEqual([1, 2])
    expect(process.dice.roll('Replies')).toBe('lost')
    await eventually('the count', () => faults.counts().lostReplies === 1)
    faults.set({})
    await eventually('no rates', () => process.dice.roll('Replies') === undefined)
  })

  it('are none where nobody orders any', async () => {
    await using folder = await tempFolder()
    const { dice } = new FaultProcess(join(folder.path, 'nobody'))
    expect(dice.roll('Requests')).toBeUndefined()
  })
})
