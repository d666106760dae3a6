import { printableLine } from './printable'

/** One column: its heading and what stands in it. Numbers stand to the right. */
export interface Column<Row> {
  heading: string
  text: (row: Row) => string | number | undefined
  right?: boolean
}

const NOTHING = '-'

/** Lines of a table, the heading first. Whatever the cells hold stays in its cell. */
export function tableLines<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string[] {
  const cells = [columns.map(({ heading }) => heading), ...rows.map((row) => columns.map(({ text }) => cell(text(row))))]
  const widths = columns.map((_, index) => Math.max(...cells.map((line) => line[index]?.length ?? 0)))
  return cells.map((line) =>
    line
      .map((text, index) => (columns[index]?.right ? text.padStart(widths[index] ?? 0) : text.padEnd(widths[index] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
}

const cell = (value: string | number | undefined): string => (value === undefined || value === '' ? NOTHING : printableLine(String(value)))
