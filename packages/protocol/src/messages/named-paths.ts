/** A path that a config names, and where in it. */
export interface NamedPath {
  field: string
  path: string
}

/**
 * Every path of a container config, as the wire spells it, that is read when a container is made from it. Values of a wrong kind are
 * passed over: the manager refuses them by themselves.
 *
 * Both sides call a file by the path that stands here, so it is put together in one place.
 */
export function namedPaths(config: unknown): NamedPath[] {
  const { implementation_type: type, script_path: scripts, copy } = (config ?? {}) as Record<string, unknown>
  if (type === 'Loop') return []
  const copies = copy === null || copy === undefined ? [] : Array.isArray(copy) ? copy : [copy]
  return [
    { field: 'script_path', path: scripts },
    // A plain process has no image: that it names one is an error by itself.
    ...(type === 'other' ? [] : [imagePath((config ?? {}) as Record<string, unknown>)]),
    ...copies.map((entry: unknown, index) => ({ field: `copy[${index}].From`, path: (entry as { From?: unknown } | null)?.From })),
  ].filter((named): named is NamedPath => typeof named.path === 'string' && named.path !== '')
}

/** The image file below its folder; a folder alone, or a file alone, is named as it stands. */
function imagePath({ image_path: folder, image_filename: file }: Record<string, unknown>): { field: string; path: unknown } {
  if (typeof file !== 'string' || file === '') return { field: 'image_path', path: folder }
  if (file.startsWith('/')) return { field: 'image_filename', path: file }
  if (typeof folder !== 'string' || folder === '') return { field: 'image_filename', path: undefined }
  return { field: 'image_filename', path: `${folder.replace(/\/+$/, '')}/${file}` }
}
