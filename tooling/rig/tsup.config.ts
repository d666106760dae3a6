import { program } from '@aicluster/tsup-preset'

export default program(['src/main.ts', 'src/index.ts'])
