// npm run docs: installs, then writes the reference of every published package into docs/reference.
import './lib/node-version.mjs'
import { install } from './lib/install.mjs'
import { main } from './lib/main.mjs'
import { documentedPackages, writeReference } from './lib/reference.mjs'
import { say } from './lib/say.mjs'

await main(async () => {
  const env = await install()
  for (const folder of documentedPackages()) {
    await writeReference(folder, env)
    say(`docs/reference/${folder.replace(/^.*\//, '')}/README.md`)
  }
})
