import { describe, expect, it } from 'vitest'
import { fromWire, toWire } from './wire-names'

describe('names on the wire', () => {
  it('turns a config into snake_case, all the way down', () => {
    const config = { name: 'a', maxSendNum: 2, inferenceModules: [{ subInferenceName: 'b', scriptTag: '1' }] }
    expect(toWire(config)).toEqual({ name: 'a', max_send_num: 2, inference_modules: [{ sub_inference_name: 'b', script_tag: '1' }] })
  })

  it("leaves the user's own keys alone", () => {
    const config = { env: { MY_key: '1', camelCase: '2' }, copy: { To: 'x', From: '/y' } }
    expect(toWire(config)).toEqual(config)
  })

  it('takes a config that is in snake_case already', () => {
    expect(toWire({ run_command: ['a'], max_send_num: 1 })).toEqual({ run_command: ['a'], max_send_num: 1 })
  })

  it('leaves out what is undefined and keeps null', () => {
    expect(toWire({ sendTimeout: undefined, output: null })).toEqual({ output: null })
  })

  it('spells what comes back as TypeScript does', () => {
    expect(fromWire({ suffix_name: 's', host_location: ['b'], copy: { To: 't', From: 'f' } })).toEqual({
      suffixName: 's',
      hostLocation: ['b'],
      copy: { To: 't', From: 'f' },
    })
  })
})
