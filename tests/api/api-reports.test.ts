import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, it } from 'vitest'
import { apiReport, REPORTED, reportPath } from './api-report'

const UPDATE = 'node tooling/run/pnpm.mjs --filter @aicluster/tests api-reports'

describe.each(REPORTED)('the API of %s', (name) => {
  const path = reportPath(name)
  if (process.env.AICLUSTER_WRITE === 'api') {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, apiReport(name))
  }

  it('is the one that was agreed to', () => {
    const agreed = existsSync(path) ? readFileSync(path, 'utf8') : ''
    expect(apiReport(name), `the public API has changed; if that is meant: build, then ${UPDATE}, and commit the difference`).toBe(agreed)
  })

  it('refers to nothing that users cannot install', () => {
    const imported = [...apiReport(name).matchAll(/from "([^"]+)"/g)].map(([, source]) => source)
    const installed = ['@aicluster/protocol', '@aicluster/transport', 'zod']
    expect(imported.length).toBeGreaterThan(0)
    expect(imported.filter((source) => !installed.includes(source as string))).toEqual([])
  })
})
