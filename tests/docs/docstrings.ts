/** What typedoc's JSON says of a declaration, as far as it is looked at here. */
interface Declared {
  name: string
  kind: number
  children?: Declared[]
  signatures?: Declared[]
  parameters?: Declared[]
  comment?: { summary: Text[]; blockTags?: { tag: string; content: Text[] }[] }
}

interface Text {
  text: string
}

const CLASS = 128
const textOf = (parts: readonly Text[]): string => parts.map(({ text }) => text).join('')

/**
 * Where public docstrings lack what the house form asks for and typedoc does not: a `@param` for each of several parameters, and in each
 * `@throws` the class and its code. A twin may say `Like {@link …}` in place of both; options are explained where their type is.
 */
export function shortcomings(project: Declared): string[] {
  return (project.children ?? []).flatMap((declared) => [
    ...ofSignatures(declared, declared.name),
    ...(declared.kind === CLASS
      ? (declared.children ?? []).flatMap((member) => ofSignatures(member, `${declared.name}.${member.name}`))
      : []),
  ])
}

function ofSignatures({ signatures = [] }: Declared, name: string): string[] {
  return signatures.flatMap(({ comment, parameters = [] }) => {
    const summary = textOf(comment?.summary ?? [])
    const throws = (comment?.blockTags ?? []).filter(({ tag }) => tag === '@throws').map(({ content }) => textOf(content))
    const isTwin = /^Like\b/.test(summary)
    return [
      ...(parameters.length > 1 && !isTwin ? parameters.filter((parameter) => !parameter.comment && parameter.name !== 'options') : []).map(
        (parameter) => `${name}: no @param ${parameter.name}`,
      ),
      ...throws
        .filter((text) => !/Error\b[\s\S]*\d{3}|\bas\b/.test(text))
        .map((text) => `${name}: @throws ${text} names no class or no code`),
    ]
  })
}
