import { describe, expect, it } from 'vitest'
import { drawDigit, drawMisread, type Misread } from './drawing'

const misread = (read: number, label: number, ...ink: number[]): Misread => ({
  image: { dtype: 'uint8', shape: [2, 3], data: Uint8Array.from(ink) },
  label,
  read,
})

describe('a drawn digit', () => {
  it('has two characters for each pixel, darker with more ink', () => {
    expect(drawDigit(misread(0, 0, 0, 48, 96, 144, 192, 240))).toEqual(['  ..::', '++##@@'])
  })

  it('takes more ink than the images have for full', () => {
    expect(drawDigit(misread(0, 0, 255, 255, 255, 0, 0, 0))[0]).toBe('@@@@@@')
  })
})

describe('misread digits', () => {
  it('stand side by side below what was read and what is right', () => {
    expect(drawMisread([misread(8, 9, 240, 0, 0, 0, 0, 240), misread(1, 7, 0, 240, 0, 0, 240, 0)])).toBe(
      ['  read 8, is 9    read 1, is 7', '', '  @@                @@', '      @@            @@'].join('\n'),
    )
  })
})
