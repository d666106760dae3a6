/** Words for people go to standard error: standard output is for results. */
export const say = (text: string): void => void process.stderr.write(`${text}\n`)
