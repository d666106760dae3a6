import { Dealer, Router } from 'zeromq'
import { FaultProcess } from './fault-process'
import { makeSendFaulty } from './faulty-send'

/** Put the faults that are ordered in `folder` between every DEALER and ROUTER of this process and its wire. */
export function injectFaults(folder: string): void {
  const faults = new FaultProcess(folder)
  const delayMs = () => faults.delayMs()
  makeSendFaulty(Dealer.prototype, { dice: faults.dice, leadingFrames: 0, delayMs })
  makeSendFaulty(Router.prototype, { dice: faults.dice, leadingFrames: 1, delayMs })
}
