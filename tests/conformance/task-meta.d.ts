import 'vitest'

declare module 'vitest' {
  interface TaskMeta {
    /** The row of errors.json that a test proves. */
    errorRow?: string
  }
}
