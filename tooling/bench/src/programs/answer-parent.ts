import type { ChildAnswer } from '../child'

/** Answer what the benchmark asks over the IPC channel, until it closes it or is gone. */
export function answerParent<Question>(answer: (question: Question) => Promise<unknown>): void {
  const reply = (content: ChildAnswer): void => void process.send?.(content)
  process.on('message', (question: Question) => {
    answer(question).then(
      (done) => reply({ done: done ?? null }),
      (error: unknown) => reply({ error: error instanceof Error ? error.message : String(error) }),
    )
  })
  process.on('disconnect', () => process.exit(0))
  // A Ctrl-C in a terminal reaches us too: whoever started us decides when we end.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
}

/** A send or a loop that must not fail did: the figures would mean nothing. */
export function fail(error: unknown): never {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
  process.exit(1)
}
