import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { failedTests } from './failed-tests.mjs'

/** Where tooling/vitest's preset has vitest write its results, in each package: a file for each of its configurations. */
const RESULTS = '.test-results'
/** How a title says why its tests are skipped; see tooling/vitest/skip.mjs. */
const REASON = /\(skipped: (.+)\)/

/** Removes the results of earlier runs, which nobody may count again. */
export function forgetResults(folders) {
  for (const folder of folders) rmSync(join(folder, RESULTS), { recursive: true, force: true })
}

/** Adds up what vitest wrote in these folders: counts, what failed, why tests were skipped, and what was skipped for no reason. */
export function readResults(folders) {
  const total = { passed: 0, failed: 0, skipped: 0, failures: [], reasons: new Set(), unexplained: [] }
  for (const path of folders.flatMap(resultFiles)) {
    for (const file of JSON.parse(readFileSync(path, 'utf8')).testResults) addFile(total, file)
  }
  return total
}

function resultFiles(folder) {
  const results = join(folder, RESULTS)
  if (!existsSync(results)) return []
  const names = readdirSync(results).filter((name) => name.endsWith('.json'))
  return names.map((name) => join(results, name))
}

function addFile(total, file) {
  const failures = failedTests(file)
  total.failed += failures.length
  total.failures.push(...failures)
  for (const test of file.assertionResults) {
    if (test.status === 'passed') total.passed += 1
    else if (test.status !== 'failed') {
      total.skipped += 1
      noteReason(total, file, test)
    }
  }
}

function noteReason(total, file, test) {
  const titles = [...test.ancestorTitles, test.title]
  const reason = titles.map((text) => REASON.exec(text)?.[1]).find((text) => text !== undefined)
  if (reason !== undefined) total.reasons.add(`${titles[0].replace(REASON, '').trim()}: ${reason}`)
  // After a failure vitest skips the rest of a suite by itself; the failure says why.
  else if (file.status !== 'failed') total.unexplained.push(titles.join(' > '))
}
