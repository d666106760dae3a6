import type { StagedFiles } from '../boards/board'

/**
 * Files for a container of a board, whose link may go at any time: where they cannot be taken back, what it takes to do so stays there,
 * and the container is looked at again, which does it.
 */
export function stagedOnBoard(part: StagedFiles, lookAgain: () => void): StagedFiles {
  let mixed = false
  const orLookAgain = (work: Promise<void>): Promise<void> =>
    work.catch((error) => {
      lookAgain()
      throw error
    })
  return {
    commit: () => part.commit(),
    async revert() {
      mixed = true
      await orLookAgain(part.revert())
      mixed = false
    },
    async dispose() {
      if (!mixed) await orLookAgain(part.dispose())
    },
  }
}
