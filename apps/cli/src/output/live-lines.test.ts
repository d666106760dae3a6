import { describe, expect, it } from 'vitest'
import { colored } from './colors'
import { fitting, LiveLines } from './live-lines'
import { Screen } from './screen'

function terminal(columns = 40, rows = 10) {
  const said: string[] = []
  return { said, stream: { isTTY: true, columns, rows, write: (text: string) => said.push(text) } }
}

describe('lines on a terminal', () => {
  it('are drawn anew in place, and erased without a trace', () => {
    const { said, stream } = terminal()
    const live = new LiveLines(stream)
    live.draw(['one', 'two'])
    live.draw(['three'])
    live.erase()
    live.erase()
    expect(said).toEqual(['\r\u001b[Jone\ntwo', '\r\u001b[1A\u001b[Jthree', '\r\u001b[J'])
  })

  it('never wrap, and never leave the terminal', () => {
    expect(fitting(['12345678', 'b', 'c', 'd', 'e'], { columns: 6, rows: 5 })).toEqual(['12345', 'b', 'c', '... 2'])
    expect(fitting(['12345678'], { columns: 0, rows: 0 })).toEqual(['12345678'])
  })
})

describe('a whole screen', () => {
  it('is opened with the first frame, drawn from the top, and given back once', () => {
    const { said, stream } = terminal()
    const screen = new Screen(stream, colored)
    screen.close()
    screen.draw([['head', 'bold'], ['evil\u001b[2J']])
    screen.close()
    screen.close()
    expect(said).toEqual([
      '\u001b[?1049h\u001b[?25l',
      '\u001b[H\u001b[1mhead\u001b[0m\u001b[K\r\nevil\u001b[K\u001b[J',
      '\u001b[?25h\u001b[?1049l',
    ])
  })
})
