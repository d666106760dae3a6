import { describe, expect, it } from 'vitest'
import { parseNvidiaSmi, parseTegrastats } from './gpu-figures'

// Not run on this hardware: written after NVIDIA's documentation and published output of these programs.

describe('GPUs that nvidia-smi tells of', () => {
  it('have use, memory and temperature', () => {
    expect(parseNvidiaSmi('0, NVIDIA GeForce RTX 3060, 37, 1432, 12288, 54\n1, Tesla T4, 0, 3, 15360, 41\n')).toEqual([
      {
        index: 0,
        name: 'NVIDIA GeForce RTX 3060',
        use_percent: 37,
        memory_used_bytes: 1432 * 2 ** 20,
        memory_total_bytes: 12_288 * 2 ** 20,
        temperature_celsius: 54,
      },
      {
        index: 1,
        name: 'Tesla T4',
        use_percent: 0,
        memory_used_bytes: 3 * 2 ** 20,
        memory_total_bytes: 15_360 * 2 ** 20,
        temperature_celsius: 41,
      },
    ])
  })

  it('may not tell everything', () => {
    expect(parseNvidiaSmi('0, Orin (nvgpu), [N/A], [N/A], [Not Supported], [Unknown Error]')).toEqual([
      { index: 0, name: 'Orin (nvgpu)', use_percent: null, memory_used_bytes: null, memory_total_bytes: null, temperature_celsius: null },
    ])
  })

  it('may have any name, which is shown without control characters', () => {
    expect(parseNvidiaSmi('0, A, B\u001b[31m, 1, 2, 3, 4')[0]?.name).toBe('A, B')
  })

  it.each([
    '',
    'No devices were found',
    "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that, the, latest, one, is, installed.",
  ])('are none: %j', (text) => expect(parseNvidiaSmi(text)).toEqual([]))
})

describe('a GPU that tegrastats tells of', () => {
  it.each([
    [
      'Jetson Nano',
      'RAM 1903/3956MB (lfb 132x4MB) SWAP 0/1978MB (cached 0MB) IRAM 0/252kB(lfb 252kB) CPU [14%@1479,9%@1479,13%@1479,9%@1479] EMC_FREQ 3%@1600 GR3D_FREQ 61%@921 APE 25 PLL@35.5C CPU@38C PMIC@100C GPU@36.5C AO@43C thermal@37.25C POM_5V_IN 3410/3410',
      61,
      36.5,
    ],
    [
      'Jetson AGX Orin',
      '11-21-2026 20:00:01 RAM 4096/30536MB (lfb 200x4MB) SWAP 0/15268MB (cached 0MB) CPU [10%@2201,5%@2201,off,off] EMC_FREQ 0%@2133 GR3D_FREQ 0%@[305,305] VIC_FREQ 729 APE 174 cpu@50.031C tboard@40C soc2@49.75C tdiode@41.5C soc0@50.843C gpu@52.031C tj@52.031C VDD_GPU_SOC 3200mW/3210mW',
      0,
      52.031,
    ],
    [
      'Jetson Orin Nano',
      'RAM 855/7620MB (lfb 4x4MB) SWAP 0/3810MB (cached 0MB) CPU [0%@729,0%@729] GR3D_FREQ 99% cpu@35.343C gpu@-256C',
      99,
      null,
    ],
    ['Jetson TX1', 'RAM 1234/3995MB (lfb 1x4MB) cpu [1%,0%] GR3D 13%@522 EDP limit 0', 13, null],
  ])('has use and temperature: %s', (_, line, use_percent, temperature_celsius) => {
    expect(parseTegrastats(line)).toEqual([
      { index: 0, name: 'Tegra', use_percent, memory_used_bytes: null, memory_total_bytes: null, temperature_celsius },
    ])
  })

  it('is none where it says nothing', () => {
    for (const line of ['', 'tegrastats: permission denied', 'RAM 1/2MB']) expect(parseTegrastats(line)).toBeUndefined()
  })
})
