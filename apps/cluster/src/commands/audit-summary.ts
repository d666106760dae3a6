import type { Command } from '@aicluster/protocol'

/** Longest text, most entries of a list or map, and deepest nesting that the audit log shows: whatever was refused is in it too. */
const MAX_TEXT = 256
const MAX_ENTRIES = 32
const MAX_DEPTH = 3

/** What a command is about, for the audit log: names, never environments or paths. Short, whatever the command holds. */
export const auditSummary = (command: Command): Record<string, unknown> => cut(about(command)) as Record<string, unknown>

function about(command: Command): Record<string, unknown> {
  if (command.cmd === 'load_inference') {
    const names = command.container_config.map((config) => (config as { name?: unknown } | null)?.name)
    return { names, boards: command.coprocessor_name }
  }
  if (command.cmd === 'add_board') return { board: command.board.name, fingerprint: command.fingerprint, write: command.write }
  if (command.cmd === 'put_file') return { inference_name: command.inference_name, files: Object.keys(command.file_info) }
  const { cmd: _cmd, ...rest } = command
  return rest
}

function cut(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}… (${value.length} characters)` : value
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Uint8Array) return `${value.length} bytes`
  if (depth === MAX_DEPTH) return '…'
  if (Array.isArray(value)) {
    const shown = value.slice(0, MAX_ENTRIES).map((item) => cut(item, depth + 1))
    return value.length > MAX_ENTRIES ? [...shown, `… (${value.length} in all)`] : shown
  }
  const entries = Object.entries(value).slice(0, MAX_ENTRIES)
  return Object.fromEntries(entries.map(([key, item]) => [cut(key, depth), cut(item, depth + 1)]))
}
