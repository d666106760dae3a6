/** Kinds of records, as docs/protocol.md numbers them. */
export const KIND = { hello: 1, ack: 5, request: 16, result: 17, error: 18 } as const

/** The first frame of a message with records of these kinds; their content is of no interest. */
export function testMessage(...kinds: number[]): Buffer {
  const records = kinds.map((kind) => {
    const record = Buffer.alloc(4 + 48)
    record.writeUInt32BE(48)
    record.writeUInt8(kind, 4)
    return record
  })
  return Buffer.concat([Buffer.from([0x41, 0x49, 1, 0]), ...records])
}
