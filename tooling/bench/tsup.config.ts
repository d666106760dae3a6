import { program } from '@aicluster/tsup-preset'

export default program([
  'src/main.ts',
  'src/boards-main.ts',
  'src/programs/application.ts',
  'src/programs/container.ts',
  'src/programs/open-loop.ts',
  'src/programs/file-sender.ts',
  'src/programs/floor-driver.ts',
  'src/programs/floor-echo.ts',
  'src/programs/floor-forwarder.ts',
])
