import { describe, expect, it } from 'vitest'
import { receiveEach } from './receive-each'

const failure = (code: string) => Object.assign(new Error(code), { code })

/** A socket that has these messages and failures to come, and nothing more. */
function socketWith(...coming: (string | Error)[]) {
  return {
    async receive() {
      const next = coming.shift() ?? failure('EAGAIN')
      if (next instanceof Error) throw next
      return [Buffer.from(next)]
    },
  }
}

describe('messages of a socket', () => {
  it('go on to come after a signal interrupted one', async () => {
    const taken: string[] = []

    await receiveEach(
      socketWith('a', failure('EINTR'), 'b'),
      () => taken.length === 2,
      (frames) => taken.push(String(frames[0])),
    )

    expect(taken).toEqual(['a', 'b'])
  })

  it('end with what fails, before the end of the socket', async () => {
    await expect(
      receiveEach(
        socketWith(),
        () => false,
        () => {},
      ),
    ).rejects.toThrow('EAGAIN')
  })
})
