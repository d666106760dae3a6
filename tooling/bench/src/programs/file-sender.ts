// An application that sends a file to the manager, and has nothing loaded with it.
import { AICluster, type ContainerConfig, type ProgressEvent } from '@aicluster/host-sdk'
import { answerParent } from './answer-parent'

export type FileSenderQuestion =
  | { type: 'connect'; stateFolder: string; config: ContainerConfig; board: string }
  /** Answered once the first byte is about to travel. */
  | { type: 'begin'; file: string }
  /** Answered with how long that took since then, in ms, once the manager has all of it on its disk. */
  | { type: 'end' }

let load: ((file: string, signal: AbortSignal, onProgress: (event: ProgressEvent) => void) => Promise<unknown>) | undefined
let sent: Promise<number> | undefined

async function connect({ stateFolder, config, board }: Extract<FileSenderQuestion, { type: 'connect' }>): Promise<void> {
  const cluster = await AICluster.connect({ stateFolder })
  load = (file, signal, onProgress) =>
    cluster.loadInference({ ...config, copy: { From: file, To: 'sent.bin' } }, board, { signal, onProgress })
}

async function begin(file: string): Promise<void> {
  const giveUp = new AbortController()
  let atMs = Number.NaN
  await new Promise<void>((begun, failed) => {
    const isSent = new Promise<number>((resolve, reject) => {
      const onProgress = ({ phase, bytesDone, bytesTotal }: ProgressEvent): void => {
        if (phase !== 'upload' || bytesDone === undefined) return
        if (bytesDone === 0) {
          atMs = performance.now()
          begun()
        } else if (bytesDone === bytesTotal) {
          resolve(performance.now() - atMs)
          // What would follow is another measurement.
          giveUp.abort()
        }
      }
      load?.(file, giveUp.signal, onProgress).then(() => reject(new Error('it was loaded before it was sent')), reject)
    })
    isSent.catch(failed)
    sent = isSent
  })
}

async function answer(question: FileSenderQuestion): Promise<unknown> {
  switch (question.type) {
    case 'connect':
      return connect(question)
    case 'begin':
      return begin(question.file)
    case 'end':
      return sent
  }
}

answerParent(answer)
