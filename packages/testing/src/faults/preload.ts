// What `node --import` loads into every process of a world with faults; see WireFaults.
import { isMainThread } from 'node:worker_threads'
import { FAULTS_VARIABLE } from './fault-folder'

const folder = process.env[FAULTS_VARIABLE]
// A program's worker threads get the preload too; ours open no sockets there.
if (folder && isMainThread) {
  const { injectFaults } = await import('./inject-faults')
  injectFaults(folder)
}
