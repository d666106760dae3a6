/** What comes, up to so many bytes. @throws Error when it is more; what the stream throws, also when it breaks off */
export async function* atMost(reply: NodeJS.ReadableStream, maxBytes: number): AsyncGenerator<Buffer> {
  let bytes = 0
  for await (const chunk of reply) {
    const piece = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    bytes += piece.length
    if (bytes > maxBytes) throw new Error(`the Engine answered with more than ${maxBytes} bytes`)
    yield piece
  }
}

/** All that comes. @throws Error see {@link atMost} */
export async function bytesOf(reply: NodeJS.ReadableStream, maxBytes: number): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of atMost(reply, maxBytes)) pieces.push(piece)
  return Buffer.concat(pieces)
}
