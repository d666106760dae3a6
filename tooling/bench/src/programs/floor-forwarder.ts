// The floor's middle: hands messages from one socket to the other and back, without a look at them.
import { Dealer, Router } from 'zeromq'
import { answerParent, fail } from './answer-parent'
import { FLOOR_OPTIONS } from './floor-sockets'

export interface ForwarderStart {
  front: string
  back: string
}

const front = new Router({ ...FLOOR_OPTIONS, mandatory: true })
const back = new Dealer(FLOOR_OPTIONS)

async function forward(from: Router | Dealer, to: Router | Dealer): Promise<never> {
  for (;;) {
    const frames = await from.receive()
    to.send(frames).catch(fail)
  }
}

answerParent(async ({ front: frontAt, back: backAt }: ForwarderStart): Promise<ForwarderStart> => {
  await front.bind(frontAt)
  await back.bind(backAt)
  forward(front, back).catch(fail)
  forward(back, front).catch(fail)
  return { front: front.lastEndpoint ?? frontAt, back: back.lastEndpoint ?? backAt }
})
