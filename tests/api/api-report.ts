import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

/** Packages that users import. */
export const REPORTED = ['protocol', 'host-sdk', 'container-sdk'] as const

export const reportPath = (name: string): string => at(`../../packages/${name}/etc/${name}.api.md`)

const at = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

/** Everything that a package declares for its users, without the words: what a change of it would break. */
export function apiReport(name: string): string {
  const path = at(`../../packages/${name}/dist/index.d.ts`)
  if (!existsSync(path)) throw new Error(`${path} is missing: npm run build`)
  const source = ts.createSourceFile('index.d.ts', readFileSync(path, 'utf8'), ts.ScriptTarget.Latest)
  const printer = ts.createPrinter({ removeComments: true })
  const declarations = source.statements
    .map((statement) => (ts.isClassDeclaration(statement) ? withoutPrivates(statement) : statement))
    .map((statement) => printer.printNode(ts.EmitHint.Unspecified, statement, source))
  return `# API of @aicluster/${name}

Printed from the built declarations by \`node tooling/run/pnpm.mjs --filter @aicluster/tests api-reports\`. Do not edit.
What the last statement exports is public; the rest is there because the public refers to it.

\`\`\`ts
${declarations.join('\n')}
\`\`\`
`
}

/** A class without what only it may touch; a private constructor stays: it says that users cannot make one. */
function withoutPrivates(declaration: ts.ClassDeclaration): ts.ClassDeclaration {
  const { modifiers, name, typeParameters, heritageClauses, members } = declaration
  const open = members.filter((member) => ts.isConstructorDeclaration(member) || !isPrivate(member))
  return ts.factory.updateClassDeclaration(declaration, modifiers, name, typeParameters, heritageClauses, open)
}

const isPrivate = (member: ts.ClassElement): boolean =>
  (ts.getCombinedModifierFlags(member) & ts.ModifierFlags.Private) !== 0 ||
  (member.name !== undefined && ts.isPrivateIdentifier(member.name))
