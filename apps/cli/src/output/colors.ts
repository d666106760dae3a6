const CODES = { red: 31, green: 32, yellow: 33, cyan: 36, dim: 2, bold: 1 } as const

export type Color = keyof typeof CODES

/** Colours text, or leaves it as it is. */
export type Paint = (color: Color, text: string) => string

export const plain: Paint = (_color, text) => text
export const colored: Paint = (color, text) => `\u001b[${CODES[color]}m${text}\u001b[0m`

/**
 * Whether a stream gets colours: it is a terminal, and neither `--no-color` nor NO_COLOR (https://no-color.org) asks for none.
 */
export const paintFor = (
  stream: { isTTY?: boolean | undefined },
  env: Readonly<Record<string, string | undefined>>,
  wanted: boolean,
): Paint => (stream.isTTY && wanted && !env.NO_COLOR && env.TERM !== 'dumb' ? colored : plain)
