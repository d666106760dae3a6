import { clusterError } from '@aicluster/protocol'

/** A full disk of the manager's host, as 302 that says so; every other error as it is. */
export function asDiskFull(error: unknown, what: string): unknown {
  const { code } = error as NodeJS.ErrnoException
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error
  return clusterError('invalidParameter', {
    detail: `${what} does not fit on the disk of the manager's host, which is full: make room there (the state folder keeps files that applications send), or unload inferences`,
    details: { reason: code },
    cause: error,
  })
}
