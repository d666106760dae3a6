import { createInterface } from 'node:readline'

/** Whether somebody can be asked. */
export const canAsk = (stdin: { isTTY?: boolean } = process.stdin): boolean => stdin.isTTY === true

/** Ask a question that is answered by yes or no. Anything but `y` and `yes` is no, the end of the input and Ctrl-C too. */
export async function askYes(
  question: string,
  streams: { input: NodeJS.ReadStream; output: NodeJS.WriteStream } = ASKED,
): Promise<boolean> {
  const lines = createInterface(streams)
  try {
    return await new Promise((resolve) => {
      lines.on('close', () => resolve(false))
      lines.on('SIGINT', () => resolve(false))
      lines.question(`${question} [y/N] `, (answer) => resolve(/^\s*y(es)?\s*$/i.test(answer)))
    })
  } finally {
    lines.close()
  }
}

/** Standard output may be a file that somebody wants to read. */
const ASKED = { input: process.stdin, output: process.stderr }
