import { program } from '@aicluster/tsup-preset'

export default program(['src/faults/preload.ts'])
