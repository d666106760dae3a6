import { program } from '@aicluster/tsup-preset'

export default program(['src/host.ts', 'src/boards.ts', 'src/check-options.ts', 'src/container.ts'])
