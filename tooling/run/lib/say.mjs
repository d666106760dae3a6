const colored = process.stderr.isTTY && !process.env.NO_COLOR

/** One line for the person who waits. Standard output belongs to the program that was asked for. */
export const say = (line) => console.error(line)

/** A title that can be found again in a long log. */
export const title = (text) => console.error(colored ? `\n\u001B[1m── ${text}\u001B[0m` : `\n── ${text}`)

export const seconds = (sinceMs) => `${((Date.now() - sinceMs) / 1000).toFixed(1)} s`

/** Shows that something still goes on: a line that is redrawn on a terminal, one line otherwise. Returns how to end it. */
export function progress(text) {
  const started = Date.now()
  if (!process.stderr.isTTY) {
    say(`${text} ...`)
    return () => say(`${text}: ${seconds(started)}`)
  }
  const draw = () => process.stderr.write(`\r\u001B[2K${text} ... ${Math.round((Date.now() - started) / 1000)} s`)
  draw()
  const timer = setInterval(draw, 1000)
  return () => {
    clearInterval(timer)
    process.stderr.write('\r\u001B[2K')
  }
}
