import { program } from '@aicluster/tsup-preset'

const programs = [
  'src/main.ts',
  'src/apps/application.ts',
  'src/programs/container.ts',
  'src/programs/source.ts',
  'src/heap/heap-preload.ts',
]

// Each program is one file: those of containers travel to boards alone.
export default program(programs, { splitting: false })
