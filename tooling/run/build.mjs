// npm run build [-- --filter=...]: installs, then builds every package; what follows -- goes to turbo.
import './lib/node-version.mjs'
import { install } from './lib/install.mjs'
import { main } from './lib/main.mjs'
import { turbo } from './lib/turbo.mjs'

await main(async (args) => {
  const env = await install()
  await turbo(['build', ...args], env, { output: 'own' })
})
