import { describe, expect, it } from 'vitest'
import { parseDisk, parseLoad, parseMemory, parseTemperature } from './linux-figures'

const MEMINFO = `MemTotal:       24689764 kB
MemFree:         1021840 kB
MemAvailable:   17123456 kB
Buffers:          410000 kB
Cached:         14000000 kB
SwapTotal:             0 kB`

const DF = `Filesystem     1024-blocks     Used Available Capacity Mounted on
/dev/nvme0n1p1   479151816 98563412 356172180      22% /`

describe('load', () => {
  it('is that of 1, 5 and 15 minutes', () => expect(parseLoad('0.52 1.58 12.59 1/467 12345')).toEqual([0.52, 1.58, 12.59]))
  it.each(['', 'x y z', '1 2'])('is not known from %j', (text) => expect(parseLoad(text)).toBeNull())
})

describe('memory', () => {
  it('in use is what is not available', () => {
    expect(parseMemory(MEMINFO)).toEqual({ memory_total_bytes: 24_689_764 * 1024, memory_used_bytes: (24_689_764 - 17_123_456) * 1024 })
  })
  it('in use is what is not free, on an old kernel', () => {
    expect(parseMemory(MEMINFO.replace(/^MemAvailable.*\n/m, ''))).toMatchObject({ memory_used_bytes: (24_689_764 - 1_021_840) * 1024 })
  })
  it.each(['', 'MemTotal: lots'])('is not known from %j', (text) =>
    expect(parseMemory(text)).toEqual({ memory_total_bytes: null, memory_used_bytes: null }),
  )
})

describe('disk', () => {
  it('is told by df', () => expect(parseDisk(DF)).toEqual({ disk_total_bytes: 479_151_816 * 1024, disk_free_bytes: 356_172_180 * 1024 }))
  it('may have a device with spaces', () => {
    expect(parseDisk('//nas/a b 1000 400 600 40% /mnt/c d')).toEqual({ disk_total_bytes: 1_024_000, disk_free_bytes: 614_400 })
  })
  it('that root has overdrawn has nothing free', () =>
    expect(parseDisk('overlay 1000 1000 -50 100% /')).toMatchObject({ disk_free_bytes: 0 }))
  it.each(['', 'Filesystem', 'df: /x: No such file'])('is not known from %j', (text) => {
    expect(parseDisk(text)).toEqual({ disk_total_bytes: null, disk_free_bytes: null })
  })
})

describe('temperature', () => {
  it('is that of the hottest sensor; what is none does not count', () => {
    expect(parseTemperature('45500 CPU-therm\n48250 GPU-therm\n100000 PMIC-Die\n-256000 CV0-therm\n0 unused\n junk\n')).toBe(48.25)
  })
  it.each(['', '-256000 x', '100000 PMIC-Die'])('is not known from %j', (text) => expect(parseTemperature(text)).toBeNull())
})
