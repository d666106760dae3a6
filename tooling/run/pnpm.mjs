// npm run pnpm -- ARGS: the pnpm that package.json asks for, brought if it is missing.
import './lib/node-version.mjs'
import { spawnSync } from 'node:child_process'
import { main } from './lib/main.mjs'
import { environmentWithPnpm } from './lib/pnpm-path.mjs'

await main(async (args) => spawnSync('pnpm', args, { stdio: 'inherit', env: environmentWithPnpm() }).status ?? 1)
