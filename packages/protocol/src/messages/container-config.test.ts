import { describe, expect, it } from 'vitest'
import { CONTAINER_CONFIG_KEYS, ContainerConfig } from './container-config'
import { invalidInput } from './invalid-input'

/** The error that a config gets from the manager. */
function refused(config: unknown): { code: number; message: string; details: Readonly<Record<string, unknown>> } {
  const parsed = ContainerConfig.safeParse(config)
  if (parsed.success) throw new Error(`${JSON.stringify(config)} was accepted`)
  return invalidInput('container config "digits"', config, parsed.error, CONTAINER_CONFIG_KEYS)
}

const digits = { name: 'digits' }

describe('a container config', () => {
  it('needs nothing but a name', () => {
    expect(ContainerConfig.parse(digits)).toEqual(digits)
  })

  it('may have every key, each as null where null means the default', () => {
    const full = {
      name: 'digits',
      implementation_type: 'other',
      input: 'Main',
      output: 'None',
      send_timeout: 'never',
      wait_queue_timeout: 1,
      force_update: true,
      max_send_num: 65_536,
      script_path: '/srv/digits',
      inference_modules: [
        { sub_inference_name: '', script: 'a.py', model: ['a.onnx', 'b.onnx'], script_tag: '1', model_tag: '2' },
        { sub_inference_name: 'digits-sub' },
      ],
      image_path: '/srv/images',
      image_filename: 'digits.tar',
      image_tag: 'v1',
      run_command: ['node', 'container.mjs', ''],
      run_option: '--shm-size 1g',
      copy: [{ To: 'model.onnx', From: '/srv/model.onnx' }],
      queue_limit: 0,
      queue_bytes: 0,
      env: { A_1: '' },
      start_timeout: 2 ** 31 - 1,
      restart: 'never',
      redeliver: true,
      replacement: 'start-then-kill',
    }
    expect(Object.keys(full).sort()).toEqual([...CONTAINER_CONFIG_KEYS].sort())
    expect(ContainerConfig.parse(full)).toEqual(full)
    const never = new Set(['name', 'force_update'])
    const nulls = Object.fromEntries(CONTAINER_CONFIG_KEYS.map((key) => [key, never.has(key) ? full[key as 'name'] : null]))
    expect(ContainerConfig.parse(nulls)).toEqual(nulls)
  })
})

describe('a container config without a required key is 201 and names it', () => {
  it.each([
    [{}, 'name'],
    [{ name: undefined }, 'name'],
    [{ ...digits, inference_modules: {} }, 'inference_modules.sub_inference_name'],
    [{ ...digits, inference_modules: [{ sub_inference_name: 'a' }, { script: 'x' }] }, 'inference_modules[1].sub_inference_name'],
    [{ ...digits, copy: { To: 'x' } }, 'copy.From'],
    [{ ...digits, copy: [{ From: '/x' }] }, 'copy[0].To'],
  ])('%j', (config, field) => {
    expect(refused(config)).toMatchObject({
      code: 201,
      message: `No Required Key: container config "digits": ${field} is missing`,
      details: { field },
    })
  })
})

describe('a container config with an unknown key is 302 and names the nearest known one', () => {
  it.each([
    ['max_snd_num', 1, 'max_send_num'],
    ['maxSendNum', 1, 'max_send_num'],
    ['Name', 'x', 'name'],
    ['implementation-type', 'other', 'implementation_type'],
    ['sned_timeout', 1, 'send_timeout'],
    ['run_comand', 'x', 'run_command'],
  ])('%s', (key, value, nearest) => {
    const error = refused({ ...digits, [key]: value })
    expect(error.message).toBe(`Specified Param Error: container config "digits": unknown key ${key}, did you mean ${nearest}?`)
    expect(error).toMatchObject({ code: 302, details: { field: key, value, nearest } })
  })

  it('also below inference_modules and copy', () => {
    expect(refused({ ...digits, inference_modules: { sub_inference_name: '', scrpt: 'x' } }).message).toContain(
      'unknown key inference_modules.scrpt, did you mean script?',
    )
    expect(refused({ ...digits, copy: [{ To: 'a', From: '/a', form: '/b' }] }).message).toContain(
      'unknown key copy[0].form, did you mean From?',
    )
  })

  it('or none, where nothing is near', () => {
    const error = refused({ ...digits, gpu: 'all' })
    expect(error.message).toBe('Specified Param Error: container config "digits": unknown key gpu')
    expect(error.details).toEqual({ field: 'gpu', value: 'all' })
  })
})

describe('a container config with a wrong value is 302 and says field, value and rule', () => {
  const NAME_RULE = '1 to 128 characters of A-Z a-z 0-9 . _ -, the first a letter or digit'

  it.each<[object, string, string]>([
    [{ max_send_num: 0 }, 'max_send_num is 0', 'it must be an integer of 1 or more'],
    [{ max_send_num: 65_537 }, 'max_send_num is 65537', 'it must be an integer of 65536 or less'],
    [{ max_send_num: 2.5 }, 'max_send_num is 2.5', 'it must be an integer'],
    [{ max_send_num: '4' }, 'max_send_num is "4"', 'it must be an integer'],
    [{ max_send_num: Number.NaN }, 'max_send_num is NaN', 'it must be an integer'],
    [{ max_send_num: Number.POSITIVE_INFINITY }, 'max_send_num is Infinity', 'it must be an integer'],
    [{ queue_limit: -1 }, 'queue_limit is -1', 'it must be an integer of 0 or more'],
    [{ send_timeout: 0 }, 'send_timeout is 0', 'it must be an integer of 1 or more'],
    [{ send_timeout: 'nevr' }, 'send_timeout is "nevr"', 'it must be an integer or "never"'],
    [{ wait_queue_timeout: 2 ** 31 }, 'wait_queue_timeout is 2147483648', 'it must be an integer of 2147483647 or less'],
    [{ name: 'two words' }, 'name is "two words"', `it must be ${NAME_RULE}`],
    [{ name: 7 }, 'name is 7', 'it must be a string'],
    [{ name: null }, 'name is null', 'it must be a string'],
    [{ implementation_type: 'Docker' }, 'implementation_type is "Docker"', 'it must be "docker" or "nvidia" or "Loop" or "other"'],
    [{ input: 'main' }, 'input is "main"', 'it must be "Main" or "None" or null'],
    [{ force_update: 'yes' }, 'force_update is "yes"', 'it must be a boolean'],
    [{ script_path: '' }, 'script_path is ""', 'it must not be empty'],
    [{ run_command: [] }, 'run_command is []', 'it must not be empty'],
    [{ run_command: ['a', 5] }, 'run_command[1] is 5', 'it must be a string'],
    [{ run_option: 'x'.repeat(4097) }, `run_option is "${'x'.repeat(79)}…`, 'it must have 4096 characters or less'],
    [{ inference_modules: 5 }, 'inference_modules is 5', 'it must be an object or an array'],
    [{ inference_modules: [{ sub_inference_name: 'a b' }] }, 'inference_modules[0].sub_inference_name is "a b"', `it must be ${NAME_RULE}`],
    [{ copy: { To: '', From: '/x' } }, 'copy.To is ""', 'it must not be empty'],
    [{ restart: 'on-failure' }, 'restart is "on-failure"', 'it must be "always" or "never"'],
    [{ redeliver: 'once' }, 'redeliver is "once"', 'it must be a boolean'],
    [{ env: { A: 1 } }, 'env.A is 1', 'it must be a string'],
    [
      { env: { AICLUSTER_TOKEN_FILE: '/x' } },
      'env.AICLUSTER_TOKEN_FILE is "/x"',
      'its key must be an environment variable name that does not begin with AICLUSTER_',
    ],
  ])('%j', (change, what, rule) => {
    const error = refused({ ...digits, ...change })
    expect(error.message).toBe(`Specified Param Error: container config "digits": ${what}, ${rule}`)
    expect(error.code).toBe(302)
    expect(what.startsWith(`${error.details.field} is `)).toBe(true)
  })

  it.each([
    ['nil', null, 'null'],
    ['text', 'digits', '"digits"'],
    ['a list', [digits], '[{"name":"digits"}]'],
  ])('where it is %s itself', (_what, config, shown) => {
    expect(refused(config).message).toBe(`Specified Param Error: container config "digits" is ${shown}, it must be an object`)
  })

  it('and gives the value as data', () => {
    expect(refused({ ...digits, max_send_num: 0 }).details).toEqual({ field: 'max_send_num', value: 0 })
  })

  it('and never cuts a character in two', () => {
    const { message } = refused({ ...digits, restart: '😀'.repeat(200) })
    expect(message).toContain(`restart is "${'😀'.repeat(79)}…, it must be`)
  })
})
