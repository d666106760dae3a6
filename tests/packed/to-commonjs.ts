const IMPORT = /^import\s+(?:(?<what>[\w$*{},\s]+?)\s+from\s+)?['"](?<from>[^'"]+)['"];?[ \t]*$/gm

/**
 * Rewrites a short program from `import` to `require`, as a reader of the README would: imports become requires,
 * what remains goes into an async function for its top-level `await`, and file names end in `.cjs`.
 */
export function toCommonJs(program: string): string {
  const requires: string[] = []
  const rest = program.replace(IMPORT, (_statement, what: string | undefined, from: string) => {
    requires.push(toRequire(what, from))
    return ''
  })
  const body = rest
    .replaceAll('import.meta.url', "require('node:url').pathToFileURL(__filename).href")
    .replaceAll('import.meta.dirname', '__dirname')
    .replaceAll('import.meta.filename', '__filename')
    .replace(/\.mjs\b/g, '.cjs')
    .trim()
  const left = /^\s*(?:import\s*[\w{*'"]|export\s).*$|import\.meta.*$/m.exec(body)
  if (left !== null) throw new Error(`cannot be rewritten to CommonJS: "${left[0].trim()}"`)
  return `'use strict'\n${requires.join('\n')}\n\n;(async () => {\n${body}\n})()\n`
}

function toRequire(what: string | undefined, from: string): string {
  const call = `require('${from}')`
  if (what === undefined) return call
  const names = /\{([\s\S]*)\}/.exec(what)?.[1]
  const alone = what
    .replace(/\{[\s\S]*\}/, '')
    .replace(/,\s*$/, '')
    .trim()
  const lines = alone === '' ? [] : [`const ${alone.replace(/^\*\s+as\s+/, '')} = ${call}`]
  if (names !== undefined) lines.push(`const {${names.replace(/\s+as\s+/g, ': ')}} = ${call}`)
  return lines.join('\n')
}
