import { describe, expect, it } from 'vitest'
import { megabits, readOptions } from './options'

const read = (line: string, environment = {}) => readOptions(line.split(' '), environment)

describe('the words of npm run rig', () => {
  it('may have options before and after them', () => {
    const expected = { command: 'up', words: ['3'], rig: { subnet: '10.9.8' }, diskMb: { 1: 100, 2: 300 } }
    expect(read('--subnet 10.9.8 up 3 --disk-mb 2=300 --disk-mb 1=100')).toMatchObject(expected)
  })

  it('leave to the board what follows ssh', () => {
    const expected = { command: 'ssh', words: ['2', 'ls', '--help', '--user', 'x'], user: 'board' }
    expect(read('--user board ssh 2 ls --help --user x')).toMatchObject(expected)
  })

  it('take network and folder from the environment', () => {
    const environment = { AICLUSTER_RIG_SUBNET: '10.1.2', AICLUSTER_RIG_FOLDER: '/srv/rig' }
    expect(read('status', environment)).toMatchObject({ rig: { subnet: '10.1.2', folder: '/srv/rig' } })
    expect(read('--subnet 10.3.4 status', environment)).toMatchObject({ rig: { subnet: '10.3.4' } })
  })

  it('ask for help, also by saying nothing', () => {
    for (const line of ['--help', 'help', 'up -h']) expect(read(line)).toBeUndefined()
    expect(readOptions([], {})).toBeUndefined()
  })

  it.each(['up 3 --disk-mb 5', 'up 3 --disk-mb 2=', 'up 3 --disc 5'])('are refused when they make no sense: %s', (line) => {
    expect(() => read(line)).toThrow(/--dis[ck]/)
  })

  it('know a rate', () => {
    expect([megabits('10mbit'), megabits('2.5'), megabits('off')]).toEqual([10, 2.5, undefined])
    for (const text of ['0', 'fast', '-1', undefined]) expect(() => megabits(text)).toThrow('must be a number of Mbit/s')
  })
})
