// Built into one file, which images get as their @aicluster/container-sdk: see tsup.config.ts and package-files.ts.
export * from '@aicluster/container-sdk'
