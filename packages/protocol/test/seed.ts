/** Seed of the random tests of this run; it stands in their titles. `AICLUSTER_SEED=… pnpm test` repeats a run. */
export const SEED = Number(process.env.AICLUSTER_SEED ?? Date.now() & 0x7fffffff)

/** For the title of a random suite. */
export const SEED_NOTE = `(seed ${SEED}, AICLUSTER_SEED repeats it)`
