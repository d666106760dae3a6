// npm run pack [-- FOLDER]: installs, builds, and packs every published package into a folder, from which npm installs them.
import './lib/node-version.mjs'
import { resolve } from 'node:path'
import { install } from './lib/install.mjs'
import { main } from './lib/main.mjs'
import { packInto } from './lib/pack.mjs'
import { CommandError } from './lib/run-command.mjs'
import { progress, say } from './lib/say.mjs'
import { turbo } from './lib/turbo.mjs'

const HELP = `Usage: npm run pack [-- FOLDER] [--built]

Builds the packages and packs them into FOLDER (default: packed, below the repository), as they would be published. Then, elsewhere:
npm install FOLDER/*.tgz

  --built      pack what is built already
  -h, --help   this text
`

await main(async (args) => {
  if (args.includes('--help') || args.includes('-h')) return void process.stdout.write(HELP)
  const unknown = args.find((arg) => arg.startsWith('-') && arg !== '--built')
  const [given = 'packed', ...more] = args.filter((arg) => !arg.startsWith('-'))
  if (unknown !== undefined || more.length > 0) throw new CommandError(`pack: ${unknown ?? more[0]} is one too many.\n${HELP}`)
  // Where the caller stands; npm itself runs us in the repository.
  const folder = resolve(process.env.INIT_CWD ?? process.cwd(), given)
  const env = await install()
  if (!args.includes('--built')) {
    const done = progress('Building')
    await turbo(['build'], env, { output: 'keep' }).finally(done)
  }
  const done = progress('Packing')
  await packInto(folder, env).finally(done)
  say(`Packed. In your own folder: npm install ${folder}/*.tgz`)
})
