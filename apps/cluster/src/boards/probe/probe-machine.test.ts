import type Docker from 'dockerode'
import { describe, expect, it } from 'vitest'
import { boardError } from '../board-error'
import type { Machine } from '../machine'
import { probeMachine } from './probe-machine'

interface Given {
  /** Output by the command's first words; what is not given fails. */
  outputs?: Record<string, string>
  version?: object
  info?: object
  engineError?: unknown
}

const VERSION = { Version: '20.10.24+dfsg1', ApiVersion: '1.41' }

const TELEMETRY = '\n@@aicluster disk\n/dev/sda1 100000000 1 90000000 1% /\n'

function machine({ outputs = {}, version = VERSION, info = {}, engineError }: Given): Machine {
  const all: Record<string, string> = {
    'uname -mr': '6.1.0-18 aarch64\n',
    'cat /etc/os-release': 'NAME=x\nPRETTY_NAME="Ubuntu 22.04.4 LTS"\n',
    ...outputs,
  }
  const ask = async (answer: object): Promise<object> => {
    if (engineError) throw engineError
    return answer
  }
  return {
    home: '/home/pi',
    uid: 1000,
    files: {} as Machine['files'],
    engine: { version: () => ask(version), info: () => ask(info) } as unknown as Docker,
    run: async (words) => {
      const line = words.join(' ')
      const key = Object.keys(all).find((start) => line.startsWith(start)) ?? (line.includes('part disk') ? 'telemetry' : undefined)
      const text = key === 'telemetry' ? (outputs.telemetry ?? TELEMETRY) : key === undefined ? undefined : all[key]
      return { code: text === undefined ? 1 : 0, signal: null, stdout: Buffer.from(text ?? ''), stderr: '' }
    },
  }
}

describe('a probe', () => {
  it('tells what a machine is', async () => {
    const probe = await probeMachine(machine({ info: { DockerRootDir: '/data/docker', Runtimes: { runc: {}, nvidia: {} } } }), 'b1')
    expect(probe).toMatchObject({
      uid: 1000,
      home: '/home/pi',
      architecture: 'arm64',
      os: 'Ubuntu 22.04.4 LTS',
      kernel: '6.1.0-18',
      jetson: null,
      gpus: [],
      engine: {
        version: '20.10.24+dfsg1',
        apiVersion: '1.41',
        rootFolder: '/data/docker',
        runtimes: ['runc', 'nvidia'],
        gpuAccess: 'runtime',
      },
      telemetry: { disk_free_bytes: 90_000_000 * 1024 },
      problems: [],
    })
  })

  it('knows a Jetson', async () => {
    const release = '# R36 (release), REVISION: 3.0, GCID: 36923193, BOARD: generic\n'
    const probe = await probeMachine(
      machine({ outputs: { 'cat /etc/nv_tegra_release': release }, info: { Runtimes: { nvidia: {} } } }),
      'b1',
    )
    expect(probe).toMatchObject({ jetson: 'R36 (release), REVISION: 3.0, GCID: 36923193, BOARD: generic', gpus: ['Tegra'], problems: [] })
  })

  it.each([
    ['the runtime', { Runtimes: { runc: {}, nvidia: {} } }, {}, 'runtime'],
    ['device requests', { Runtimes: { runc: {} } }, { 'sh -c command -v nvidia-container-runtime-hook': '/usr/bin/x' }, 'device-requests'],
    ['CDI', { DiscoveredDevices: [{ Source: 'cdi', ID: 'nvidia.com/gpu=0' }] }, {}, 'cdi'],
  ])('sees that a container may get a GPU by %s', async (_, info, outputs, gpuAccess) => {
    const gpu = { 'sh -c command -v nvidia-smi': 'GPU 0: NVIDIA T4 (UUID: GPU-1)\n' }
    const probe = await probeMachine(machine({ info, outputs: { ...gpu, ...outputs } }), 'b1')
    expect(probe).toMatchObject({ gpus: ['GPU 0: NVIDIA T4 (UUID: GPU-1)'], engine: { gpuAccess }, problems: [] })
  })

  it('names what is wrong, and the cure: GPU without a way to it, little disk, Engine too old or of another system', async () => {
    const outputs = {
      'sh -c command -v nvidia-smi': 'GPU 0: T4 (UUID: GPU-1)\n',
      telemetry: '\n@@aicluster disk\n/dev/sda1 100000000 1 5000 1% /\n',
    }
    const old = { Version: '19.03.8', ApiVersion: '1.40' }
    const { problems } = await probeMachine(machine({ outputs, version: old, info: { OSType: 'windows' } }), 'b1')
    expect(problems.map(({ what }) => what)).toEqual([
      'its Docker Engine 19.03.8 (API 1.40) is too old',
      'its Docker Engine runs windows containers',
      'it has a GPU, but its Docker Engine cannot give it to a container',
      'its disk is nearly full: 5 MB free',
    ])
    expect(problems.every(({ cure }) => cure.length > 10)).toBe(true)
  })

  it('tells of an Engine that cannot be asked; the machine is known all the same', async () => {
    const engineError = boardError('b1', 'reach its Docker Engine', 'user "pi" may not use /s: put it into the docker group', {
      reason: 'engine',
    })
    const probe = await probeMachine(machine({ engineError }), 'b1')
    expect(probe).toMatchObject({
      engine: null,
      architecture: 'arm64',
      problems: [{ what: 'user "pi" may not use /s', cure: 'put it into the docker group' }],
    })
  })

  it('fails when the machine is lost', async () => {
    const engineError = boardError('b1', 'connection', 'cut', { reason: 'lost' })
    await expect(probeMachine(machine({ engineError }), 'b1')).rejects.toBe(engineError)
  })
})
