import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readContainerConfigs } from './config-file'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aicluster-cli-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

describe('a file of container configs', () => {
  it.each([
    ['JSON', 'a.json', '{"name":"a","max_send_num":2}', [{ name: 'a', max_send_num: 2 }]],
    ['YAML', 'a.yaml', 'name: a\nmaxSendNum: 2\n', [{ name: 'a', maxSendNum: 2 }]],
    ['a list', 'a.yaml', '- name: a\n- name: b\n', [{ name: 'a' }, { name: 'b' }]],
  ])('may hold %s', async (_, name, text, configs) => {
    expect(await readContainerConfigs(file(name, text))).toEqual(configs)
  })

  it('may name paths below its own folder', async () => {
    const text =
      'name: a\nscript_path: scripts\nimagePath: /images\ncopy:\n  - { From: model.onnx, To: model.onnx }\n  - { From: /etc/x, To: x }\n'
    expect(await readContainerConfigs(file('a.yaml', text))).toEqual([
      {
        name: 'a',
        script_path: join(folder, 'scripts'),
        imagePath: '/images',
        copy: [
          { From: join(folder, 'model.onnx'), To: 'model.onnx' },
          { From: '/etc/x', To: 'x' },
        ],
      },
    ])
  })

  it.each([
    ['is broken', 'name: a\n  b: c\n', 200, /a\.yaml:\d+:\d+: /],
    ['holds a word', 'digits\n', 302, /a\.yaml: there is no config in it/],
    ['is empty', '', 302, /a\.yaml: there is no config in it/],
    ['holds an empty list', '[]', 302, /a\.yaml: there is no config in it/],
    ['lists something else', '- name: a\n- 3\n', 302, /a\.yaml: entry 2 is no config/],
  ])('that %s is refused by name', async (_, text, code, message) => {
    await expect(readContainerConfigs(file('a.yaml', text))).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
  })

  it('that is missing is 301', async () => {
    await expect(readContainerConfigs(join(folder, 'none'))).rejects.toMatchObject({
      code: 301,
      message: expect.stringContaining('no such file'),
    })
  })
})
