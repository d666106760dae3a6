import { type CommandOf, MAX_MISSING_PAGE, type MissingContent, type MissingContentsView } from '@aicluster/protocol'
import type { ControlPlane } from '../control-plane/control-plane'
import { contentsOf } from '../given/tree-list'

/** Say what of a tree is still to be sent: its list, or contents that the list names. */
export async function getMissing(plane: ControlPlane, { tree, after = 0 }: CommandOf<'get_missing'>): Promise<MissingContentsView> {
  const { contents } = plane.given
  const listOffset = await contents.offsetOf({ sha256: tree, size: 0, executable: false })
  const list = listOffset === undefined ? await plane.given.list(tree) : undefined
  if (!list) return { list_offset: listOffset ?? 0, missing: [], next: null }
  const all = contentsOf(list)
  const page = await Promise.all(
    all.slice(after, after + MAX_MISSING_PAGE).map(async (content) => ({ ...content, offset: await contents.offsetOf(content) })),
  )
  const missing = page.filter((content): content is MissingContent => content.offset !== undefined)
  // Said before it travels, as far as this page tells.
  await contents.requireRoom(missing.reduce((sum, { size, offset }) => sum + size - offset, 0))
  const next = after + MAX_MISSING_PAGE
  return { list_offset: null, missing, next: next < all.length ? next : null }
}
