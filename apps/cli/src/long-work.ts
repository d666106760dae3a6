import type { LongCallOptions } from '@aicluster/host-sdk'
import type { Context } from './context'
import { interruptible } from './interruption'
import { Bars } from './output/bars'

/**
 * Wait for a command that works for long, and show how far it is. Ctrl-C has the cluster take it back, as far as that can be.
 *
 * @param what - `loading digits on board1`
 * @throws what `work` rejects with; RequestAbortedError (312): it was interrupted
 */
export function longWork<T>({ output }: Context, what: string, work: (options: LongCallOptions) => Promise<T>): Promise<T> {
  const bars = new Bars()
  const onProgress: LongCallOptions['onProgress'] = ({ phase, inferenceName, coprocessorName, bytesDone, bytesTotal }) =>
    bars.update({
      ...(coprocessorName ? { task: `${inferenceName} on ${coprocessorName}`, partOf: inferenceName } : { task: inferenceName }),
      phase,
      bytesDone,
      bytesTotal,
    })
  return interruptible((signal) => output.progress(what, work({ signal, onProgress }), bars))
}
