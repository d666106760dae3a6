// The floor's near end: keeps as many messages under way as it is told.
import { Dealer } from 'zeromq'
import { type BlockOrder, BlockRecorder, type BlockResult, bodiesFor, checkEcho } from '../block'
import { answerParent, fail } from './answer-parent'
import { connect, FLOOR_OPTIONS } from './floor-sockets'

const socket = new Dealer({ ...FLOOR_OPTIONS, immediate: true })

async function runBlock(order: BlockOrder): Promise<BlockResult> {
  const bodies = bodiesFor(order)
  const sentAtMs = new Float64Array(order.depth)
  const recorder = new BlockRecorder(order.ms)
  let firstAnswers = order.depth
  let open = 0
  const send = (slot: number, nowMs: number): void => {
    sentAtMs[slot] = nowMs
    socket.send(bodies[slot] as Buffer).catch(fail)
  }
  for (; open < order.depth; open++) send(open, recorder.startedMs)
  while (open > 0) {
    const [body] = (await socket.receive()) as [Buffer]
    const slot = body.length >= 4 ? body.readUInt32BE() : -1
    checkEcho(bodies[slot], body, firstAnswers-- > 0)
    const nowMs = performance.now()
    recorder.add(nowMs - (sentAtMs[slot] as number))
    if (nowMs < recorder.endMs) send(slot, nowMs)
    else open--
  }
  return recorder.finish()
}

answerParent((question: BlockOrder | { type: 'start'; endpoint: string }) =>
  question.type === 'start' ? connect(socket, question.endpoint) : runBlock(question),
)
