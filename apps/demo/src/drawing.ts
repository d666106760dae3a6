import type { DigitImage } from './digit-images'

/** From no ink to full ink. A character is about twice as high as wide, so a pixel takes two. */
const SHADES = [' ', '.', ':', '+', '#', '@'] as const
const FULL_INK = 240
const GAP = '    '

/** An image that was taken for another digit. */
export interface Misread extends DigitImage {
  read: number
}

/** A digit as lines of characters. */
export function drawDigit({ image: { data, shape } }: DigitImage): string[] {
  const [height = 0, width = 0] = shape
  return Array.from({ length: height }, (_row, y) =>
    Array.from({ length: width }, (_column, x) => shade(Number(data[y * width + x])).repeat(2)).join(''),
  )
}

/** Digits side by side, each with what was read and what would have been right above it. */
export function drawMisread(digits: readonly Misread[]): string {
  const pictures = digits.map((digit) => {
    const lines = [`read ${digit.read}, is ${digit.label}`, '', ...drawDigit(digit)]
    const width = Math.max(...lines.map(({ length }) => length))
    return lines.map((line) => line.padEnd(width))
  })
  const height = Math.max(0, ...pictures.map(({ length }) => length))
  return Array.from({ length: height }, (_line, y) => `  ${pictures.map((lines) => lines[y] ?? '').join(GAP)}`.trimEnd()).join('\n')
}

const shade = (ink: number): string => SHADES[Math.min(SHADES.length - 1, Math.round((ink / FULL_INK) * (SHADES.length - 1)))] ?? ' '
