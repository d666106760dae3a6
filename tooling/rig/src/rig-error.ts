/** What the rig could not do, and why, in words for the terminal. */
export class RigError extends Error {
  override name = 'RigError'
}
