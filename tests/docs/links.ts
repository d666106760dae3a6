import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

const LINK = /\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]*))?\)/g
const ANCHOR = /<a id="([^"]+)">/g
const HEADING = /^#{1,6}\s+(.*?)\s*#*$/gm

/** Every Markdown file below a folder. */
export const pagesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name))

/** Links of these pages that lead to no file, or to no heading of it: `PAGE → LINK`, pages as seen from `root`. */
export function deadLinks(pages: readonly string[], root: string): string[] {
  return pages.flatMap((page) => {
    const links = [...withoutCode(readFileSync(page, 'utf8')).matchAll(LINK)]
    return links.flatMap(([, path = '', anchor]) => {
      const target = path === '' ? page : resolve(dirname(page), path)
      const leads = existsSync(target) && (anchor === undefined || !target.endsWith('.md') || anchorsOf(target).has(anchor))
      return leads ? [] : [`${relative(root, page)} → ${path}${anchor === undefined ? '' : `#${anchor}`}`]
    })
  })
}

const cache = new Map<string, Set<string>>()

/** What GitHub makes of the headings of a page: lower case, blanks to dashes, no punctuation; the second of a name gets -1. */
function anchorsOf(page: string): Set<string> {
  let anchors = cache.get(page)
  if (anchors === undefined) {
    anchors = new Set()
    const text = withoutCode(readFileSync(page, 'utf8'))
    for (const [, heading = ''] of text.matchAll(HEADING)) {
      const slug = slugOf(heading)
      let anchor = slug
      for (let again = 1; anchors.has(anchor); again++) anchor = `${slug}-${again}`
      anchors.add(anchor)
    }
    for (const [, id = ''] of text.matchAll(ANCHOR)) anchors.add(id)
    cache.set(page, anchors)
  }
  return anchors
}

const slugOf = (heading: string): string =>
  heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/\\(.)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-')

/** Blocks of code hold no links and no headings. */
const withoutCode = (markdown: string): string => markdown.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*\]\([^`\n]*`/g, '')
