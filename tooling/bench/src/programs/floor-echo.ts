// The floor's far end: sends back what comes.
import { Dealer } from 'zeromq'
import { answerParent, fail } from './answer-parent'
import { connect, FLOOR_OPTIONS } from './floor-sockets'

const socket = new Dealer({ ...FLOOR_OPTIONS, immediate: true })

async function echo(): Promise<never> {
  for (;;) {
    const frames = await socket.receive()
    socket.send(frames).catch(fail)
  }
}

answerParent(async ({ endpoint }: { endpoint: string }) => {
  await connect(socket, endpoint)
  echo().catch(fail)
})
