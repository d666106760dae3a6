import { createRequire } from 'node:module'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Files, FixtureTree, type Violation } from './fixture-tree'

const config = createRequire(import.meta.url)('../../.dependency-cruiser.cjs') as { forbidden: { name: string }[] }

/** One file for each way to break a rule; the file's path is how its violation is recognised. */
const PLANTED: [rule: string, file: string, text: string][] = [
  ['protocol-imports-nothing-of-ours', 'packages/protocol/src/upwards.ts', "import '@aicluster/transport'"],
  ['protocol-imports-nothing-of-ours', 'packages/protocol/src/upwards-type.ts', "import type { here } from '@aicluster/transport'"],
  ['protocol-has-no-node-modules', 'packages/protocol/src/socket.ts', "import { connect } from 'node:net'\nconnect(1)"],
  ['protocol-has-no-node-modules', 'packages/protocol/src/bare.ts', "import { readFileSync } from 'fs'\nreadFileSync('')"],
  ['protocol-has-few-dependencies', 'packages/protocol/src/foreign.ts', "import 'ws'"],
  ['transport-imports-only-protocol', 'packages/transport/src/upwards.ts', "import '@aicluster/host-sdk'"],
  ['host-sdk-knows-no-other-side', 'packages/host-sdk/src/fakes.ts', "import '@aicluster/testing'"],
  ['container-sdk-knows-no-other-side', 'packages/container-sdk/src/fakes.ts', "import '@aicluster/testing'"],
  ['sdks-never-meet', 'packages/host-sdk/src/other-side.test.ts', "import '@aicluster/container-sdk'"],
  ['sdks-never-meet-either-way', 'packages/container-sdk/src/other-side.test.ts', "import '@aicluster/host-sdk'"],
  ['cluster-imports-no-sdk', 'apps/cluster/src/host.ts', "import '@aicluster/host-sdk'"],
  ['cluster-imports-no-sdk', 'apps/cluster/test/container.ts', "import '@aicluster/container-sdk'"],
  ['testing-imports-no-sdk', 'packages/testing/src/fake-host.ts', "import '@aicluster/host-sdk'"],
  ['nothing-imports-an-app', 'apps/cli/src/manager.ts', "import '../../cluster/src/index'"],
  ['nothing-imports-an-app', 'packages/transport/src/manager.ts', "import '../../../apps/cluster/src/index'"],
  ['nothing-imports-an-app', 'tests/worlds/manager.ts', "import '../../apps/cluster/src/index'"],
  ['nothing-imports-an-app', 'apps/demo/src/manager.ts', "await import('@aicluster/cluster/main')"],
  ['tooling-is-not-imported-by-code', 'apps/demo/src/preset.ts', "import '../../../tooling/empty'"],
  ['code-imports-no-test', 'packages/transport/src/uses-a-test.ts', "import './link.test'"],
  ['code-imports-no-test', 'apps/cli/src/uses-a-test.ts', "import '../test/helper'"],
  ['code-imports-no-test-tool', 'apps/cluster/src/uses-vitest.ts', "import { vi } from 'vitest'\nvi.fn()"],
  ['code-imports-no-test-tool', 'apps/cluster/src/uses-testing.ts', "import '@aicluster/testing'"],
  ['packages-meet-at-their-front-door', 'apps/cli/src/back-door.ts', "import '../../../packages/transport/src/inner'"],
  ['no-cycles', 'apps/demo/src/chicken.ts', "import './egg'"],
  ['nothing-unresolvable', 'apps/demo/src/nowhere.ts', "import '@aicluster/no-such-package'"],
]

/** What these rules must let through. */
const ALLOWED: Files = {
  'packages/protocol/src/codec.ts': "import 'zod'\nimport 'msgpackr'",
  'packages/protocol/src/codec.test.ts': "import 'vitest'\nimport 'fast-check'\nimport 'node:fs'\nimport './codec'",
  'packages/transport/src/inner.ts': "import 'zeromq'\nimport 'node:crypto'\nimport '@aicluster/protocol'",
  'packages/transport/src/link.test.ts': "import './inner'",
  'packages/host-sdk/src/session.ts': "import '@aicluster/transport'",
  'packages/host-sdk/src/session.test.ts': "import '@aicluster/testing'\nimport './session'",
  'packages/testing/src/fake-peer.ts': "import '@aicluster/transport'",
  'apps/cluster/dist/main.js': "import 'left-out-of-the-fixture'",
  'apps/cluster/src/manager.ts': "import '@aicluster/protocol'\nimport '@aicluster/transport'",
  'apps/cli/src/main.ts': "import '@aicluster/host-sdk'",
  'apps/cli/test/helper.ts': "import { vi } from 'vitest'\nvi.fn()",
  'apps/demo/src/host.ts': "import '@aicluster/host-sdk'",
  'apps/demo/src/egg.ts': '',
  'tests/worlds/both.ts': "import '@aicluster/host-sdk'\nimport '@aicluster/container-sdk'",
}

describe('layer rules', () => {
  let tree: FixtureTree
  let found: Violation[]

  beforeAll(async () => {
    const planted = Object.fromEntries(PLANTED.map(([, file, text]) => [file, text]))
    tree = new FixtureTree({ ...ALLOWED, ...planted, 'apps/demo/src/egg.ts': "import './chicken'" })
    found = await tree.violations()
  })
  afterAll(() => tree[Symbol.dispose]())

  it.each(PLANTED)('%s bites in %s', (rule, file) => {
    expect(found.filter((violation) => violation.file === file)).toContainEqual({ rule, file })
  })

  it('lets through what the layers allow', async () => {
    using allowed = new FixtureTree(ALLOWED)
    expect(await allowed.violations()).toEqual([])
  })

  it('has a planted violation for each rule', () => {
    const rules = new Set(PLANTED.map(([rule]) => rule))
    expect(config.forbidden.map(({ name }) => name).filter((name) => !rules.has(name))).toEqual([])
  })
})
