import { program } from '@aicluster/tsup-preset'

export default program([
  'src/main.ts',
  'src/apps/application.ts',
  'src/programs/container.ts',
  'src/programs/source.ts',
  'src/heap/heap-preload.ts',
])
