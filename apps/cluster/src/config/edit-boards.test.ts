import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { addToFile, removeFromFile, withBoard, withoutBoard } from './edit-boards'

const JETSON = {
  name: 'jetson',
  driver: 'ssh',
  address: '10.0.0.12',
  user: 'me',
  identity_file: '~/.ssh/id_ed25519',
  labels: { gpu: 'orin' },
}
const DEFAULTS = [{ name: 'board1' }, { name: 'board2' }]

const FILE = `# the lab
log_level: warn   # quiet
listen: {transport: tcp, host: 0.0.0.0, insecure: true}

boards:
  # under the desk
  - name: left
    labels: {rack: 7}   # a number
  - name: right
`

describe('a board that is added to cluster.yaml', () => {
  it('stands last, and every comment stays', () => {
    expect(withBoard('c.yaml', FILE, JETSON, DEFAULTS)).toBe(`# the lab
log_level: warn # quiet
listen: { transport: tcp, host: 0.0.0.0, insecure: true }

boards:
  # under the desk
  - name: left
    labels: { rack: 7 } # a number
  - name: right
  - name: jetson
    driver: ssh
    address: 10.0.0.12
    user: me
    identity_file: ~/.ssh/id_ed25519
    labels:
      gpu: orin
`)
  })

  it('stands beside those that were the default, where the file named none', () => {
    const text = withBoard('c.yaml', '# nothing yet\n', { name: 'third' }, DEFAULTS)
    expect(text).toBe('# nothing yet\n\nboards:\n  - name: board1\n  - name: board2\n  - name: third\n')
  })

  it('leaves JSON JSON', () => {
    const text = withBoard('c.json', '{"boards":[{"name":"a"}]}', { name: 'b' }, DEFAULTS)
    expect(JSON.parse(text)).toEqual({ boards: [{ name: 'a' }, { name: 'b' }] })
  })

  it('is refused where the file would not be valid with it', () => {
    expect(() => withBoard('c.yaml', FILE, { name: 'left' }, DEFAULTS)).toThrow('it must be unique')
  })
})

describe('a board that is taken out of cluster.yaml', () => {
  it('leaves the others with their comments', () => {
    expect(withoutBoard('c.yaml', FILE, 'right', DEFAULTS)).toContain('# under the desk\n  - name: left\n')
    expect(withoutBoard('c.yaml', FILE, 'right', DEFAULTS)).not.toContain('right')
  })

  it('leaves the rest of the default, where the file named none', () => {
    expect(withoutBoard('c.yaml', '', 'board1', [{ name: 'board2' }])).toBe('boards:\n  - name: board2\n')
  })
})

describe('the file', () => {
  let folder: string
  let file: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'aicluster-config-'))
    file = join(folder, 'cluster.yaml')
    writeFileSync(file, FILE)
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  it('keeps its mode, and what leads to it, and nothing is left beside it', async () => {
    chmodSync(file, 0o640)
    symlinkSync(file, join(folder, 'link.yaml'))
    await addToFile(join(folder, 'link.yaml'), JETSON, DEFAULTS)
    expect(readFileSync(file, 'utf8')).toContain('10.0.0.12')
    expect(statSync(file).mode & 0o777).toBe(0o640)
    expect(readdirSync(folder)).toEqual(['cluster.yaml', 'link.yaml'])
  })

  it('is not touched for a board that does not stand in it', async () => {
    await removeFromFile(file, 'elsewhere', DEFAULTS)
    expect(readFileSync(file, 'utf8')).toContain('{rack: 7}   # a number')
  })

  it('that is gone is 302, naming it and the way around', async () => {
    rmSync(file)
    await expect(addToFile(file, JETSON, DEFAULTS)).rejects.toMatchObject({
      code: 302,
      message: expect.stringMatching(/cluster\.yaml cannot be changed.*--no-write/),
    })
  })
})
