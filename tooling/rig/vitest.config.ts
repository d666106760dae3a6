import { preset } from '@aicluster/vitest-preset'

export default preset()
