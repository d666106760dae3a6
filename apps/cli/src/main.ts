import { readFileSync } from 'node:fs'
import { runCli } from './cli'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }

// Whoever reads our output may have read enough: `aicluster ps | head -1`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit()
  throw error
})

process.exitCode = await runCli(process.argv.slice(2), version, { stdout: process.stdout, stderr: process.stderr, env: process.env })
