import { library } from '@aicluster/tsup-preset'

export default library(['src/index.ts'])
