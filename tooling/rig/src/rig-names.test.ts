import { describe, expect, it } from 'vitest'
import { Rig } from './rig'
import { RigNames } from './rig-names'

/** The kernel's, without the zero at the end. */
const LONGEST_LINK_NAME = 15

describe('names of a rig', () => {
  it('follow from its network, and fit a link', () => {
    const names = new RigNames('192.168.255')
    expect([names.rig, names.board(99), names.address(1)]).toEqual(['rig-c0a8ff', 'rig-c0a8ff-99', '192.168.255.11'])
    expect(names.board(99).length).toBeLessThanOrEqual(LONGEST_LINK_NAME)
  })

  it.each(['10.77', '10.77.0.1', '10.77.256', 'a.b.c', ''])('need three octets: "%s"', (subnet) => {
    expect(() => new RigNames(subnet)).toThrow('first three octets')
  })

  it.each([0, 100, 1.5])('are not given to board %s', (board) => {
    expect(() => new RigNames().board(board)).toThrow('numbered from 1 to 99')
  })
})

describe("a rig's folder", () => {
  it.each(['/root/rig', '/run/rig', '/home'])('is not where boards have their own files: %s', (folder) => {
    expect(() => new Rig({ folder })).toThrow('choose another --folder')
  })

  it('is absolute', () => {
    expect(() => new Rig({ folder: 'rig' })).toThrow('must be absolute')
  })
})
