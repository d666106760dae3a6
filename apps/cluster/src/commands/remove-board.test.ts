import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadInference } from './load-inference'
import { removeBoard } from './remove-board'
import { TestPlane } from './test-plane'

const THREE = 'boards:\n  - name: first\n  - name: second\n  - name: third\n'
const open = () => TestPlane.open({ boards: ['first', 'second', 'third'].map((name) => ({ name })) })
const remove = ({ plane, call }: TestPlane) =>
  removeBoard(plane, { cmd: 'remove_board', coprocessor_name: 'second', write: true, force: false }, call)

describe('a board that is taken out of the configuration file', () => {
  it('can be chosen by nobody any more while that is done: it is gone from both, or from neither', async () => {
    await using test = await open()
    const file = join(test.folder, 'cluster.yaml')
    writeFileSync(file, THREE)

    const removing = remove(test)
    const config = { name: 'digits', implementation_type: 'other' as const, run_command: process.execPath }
    const loading = loadInference(test.plane, { ...test.load(config), coprocessor_name: ['second'] }, test.call)

    await expect(loading).rejects.toMatchObject({ code: 304 })
    await removing
    expect(test.plane.boards.names()).toEqual(['first', 'third'])
    expect(readFileSync(file, 'utf8')).not.toContain('second')
  })

  it('stays in its place where the file cannot be changed', async () => {
    await using test = await open()
    expect(existsSync(join(test.folder, 'cluster.yaml'))).toBe(false)

    await expect(remove(test)).rejects.toMatchObject({ code: 302 })

    expect(test.plane.boards.names()).toEqual(['first', 'second', 'third'])
  })
})
