import type { ChunkView, CommandOf } from '@aicluster/protocol'
import type { ControlPlane } from '../control-plane/control-plane'

/** Keep a piece of a file that an application sends; once all of it is there, `load_inference` and `put_file` may name it. */
export async function putChunk(plane: ControlPlane, { cmd: _cmd, ...piece }: CommandOf<'put_chunk'>): Promise<ChunkView> {
  return { offset: await plane.given.contents.put(piece) }
}
