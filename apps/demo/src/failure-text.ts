import { AIClusterError } from '@aicluster/host-sdk'

/** What went wrong, for somebody who has not written the demo: no stack. */
export function failureText(error: unknown): string {
  if (error instanceof AIClusterError) return `${error.name} [${error.code}]: ${error.message}`
  return error instanceof Error ? error.message : String(error)
}
