/**
 * The layers of the repository (docs/architecture.md):
 *
 *   protocol <- transport <- host-sdk | container-sdk | apps/*
 *
 * tests/layers.test.ts plants one violation of each rule and expects it to be found.
 */
const TEST_FILE = '([.]test[.]ts$|/test/)'
const SDKS = '^packages/(host|container)-sdk/'

/** In `folder`, nothing may import `path`; `except` are paths that may after all. */
const never = (name, folder, path, comment, except = {}) => ({
  name,
  comment,
  severity: 'error',
  from: { path: folder, ...(except.from && { pathNot: except.from }) },
  to: { path, ...(except.to && { pathNot: except.to }) },
})

module.exports = {
  forbidden: [
    never(
      'protocol-imports-nothing-of-ours',
      '^packages/protocol/',
      '^(packages/(?!protocol/)|apps/|tests/)',
      'protocol is the bottom layer.',
      {
        from: TEST_FILE,
      },
    ),
    {
      name: 'protocol-has-no-node-modules',
      comment: 'protocol runs anywhere: no node: module, so no sockets, files or timers.',
      severity: 'error',
      from: { path: '^packages/protocol/src/', pathNot: TEST_FILE },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'protocol-has-few-dependencies',
      comment: 'protocol may use a codec (msgpackr) and a validator (zod), nothing that does I/O.',
      severity: 'error',
      from: { path: '^packages/protocol/src/', pathNot: TEST_FILE },
      to: { path: 'node_modules/', pathNot: 'node_modules/(msgpackr|zod)/' },
    },
    never(
      'transport-imports-only-protocol',
      '^packages/transport/',
      '^(packages/(?!transport/|protocol/)|apps/|tests/)',
      'transport knows only protocol.',
      {
        from: TEST_FILE,
      },
    ),
    never(
      'host-sdk-knows-no-other-side',
      '^packages/host-sdk/',
      '^packages/(?!host-sdk/|protocol/|transport/)',
      'host-sdk knows transport and protocol.',
      {
        from: TEST_FILE,
      },
    ),
    never(
      'container-sdk-knows-no-other-side',
      '^packages/container-sdk/',
      '^packages/(?!container-sdk/|protocol/|transport/)',
      'container-sdk knows transport and protocol.',
      { from: TEST_FILE },
    ),
    never('sdks-never-meet', '^packages/host-sdk/', '^packages/container-sdk/', 'The two SDKs are two sides of a wire, in tests too.'),
    never(
      'sdks-never-meet-either-way',
      '^packages/container-sdk/',
      '^packages/host-sdk/',
      'The two SDKs are two sides of a wire, in tests too.',
    ),
    never('cluster-imports-no-sdk', '^apps/cluster/', SDKS, 'The manager is the other end of both SDKs.'),
    never('testing-imports-no-sdk', '^packages/testing/', SDKS, 'Fakes speak real bytes: an SDK faked with itself proves nothing.'),
    {
      name: 'nothing-imports-an-app',
      comment: 'Applications are started as programs, never imported; not even by each other or by tests.',
      severity: 'error',
      from: { path: '^(packages|apps|tests|tooling)/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^$1/$2/' },
    },
    never('tooling-is-not-imported-by-code', '^(packages|apps)/[^/]+/src/', '^tooling/', 'tooling is no run-time code.', {
      from: TEST_FILE,
    }),
    never(
      'code-imports-no-test',
      '^(packages|apps)/[^/]+/src/|^packages/testing/src/',
      `(${TEST_FILE}|^tests/)`,
      'Test files are imported by tests alone.',
      {
        from: TEST_FILE,
      },
    ),
    {
      name: 'code-imports-no-test-tool',
      comment: '@aicluster/testing, vitest and fast-check are for tests.',
      severity: 'error',
      from: { path: '^(packages|apps)/[^/]+/src/', pathNot: `${TEST_FILE}|^packages/testing/` },
      to: { path: '^packages/testing/|node_modules/(vitest|fast-check)/' },
    },
    {
      name: 'packages-meet-at-their-front-door',
      comment: 'Import a package by its name. A path into its source makes every file of it public.',
      severity: 'error',
      from: { path: '^(packages|apps|tests|tooling)/([^/]+)/' },
      to: { path: '^packages/[^/]+/', pathNot: '^($1/$2/|packages/[^/]+/src/index[.]ts$)' },
    },
    {
      name: 'no-cycles',
      comment:
        'A cycle has no bottom to read from. Types that hold each other (a request its queue, a queue its requests) are none at run time.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'nothing-unresolvable',
      comment: 'The import leads nowhere, so no rule above could judge it.',
      severity: 'error',
      // What `bin` starts exists only after a build.
      from: { pathNot: '^apps/[^/]+/bin/' },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    // What is built is seen where it is imported, and not looked into.
    doNotFollow: { path: '(^|/)(node_modules|dist)/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['aicluster-source', 'import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.mts', '.mjs', '.js', '.cjs', '.json'],
      mainFields: ['module', 'main', 'types'],
    },
  },
}
