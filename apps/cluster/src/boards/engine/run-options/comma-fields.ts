import { OptionValueError } from './option-values'

/**
 * `a=1,b,"c=2,3"` as docker reads it: fields between commas, a quoted one may hold commas; a field without `=` has no value.
 */
export function commaFields(value: string): [string, string | undefined][] {
  const fields = value.match(/("[^"]*"|[^",]*)(?:,|$)/g) ?? []
  if (fields.join('') !== value) throw new OptionValueError('has a quote in the wrong place')
  return fields
    .map((field) => field.replace(/,$/, '').replace(/^"|"$/g, ''))
    .filter((field) => field !== '')
    .map((field) => {
      const at = field.indexOf('=')
      return at < 0 ? [field, undefined] : [field.slice(0, at), field.slice(at + 1)]
    })
}
