import { program } from '@aicluster/tsup-preset'

export default program(['src/main.ts', 'src/index.ts', 'src/demo-boards.ts', 'src/images/container-sdk.ts'], {
  // What goes into an image is one file with everything but the native addon; the rig itself imports none of it.
  noExternal: [/^@aicluster\//, 'msgpackr', 'zod'],
  splitting: false,
})
