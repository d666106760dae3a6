import type { Command } from '@aicluster/protocol'
import { describe, expect, it } from 'vitest'
import { LOCAL_PRINCIPAL } from '../keys/principal'
import { requireRight } from './rights'

const command = (cmd: string) => ({ cmd }) as Command
const manager = { id: 'k1', name: 'admin', may: 'manage' } as const

describe('the right to change boards', () => {
  it.each(['probe_board', 'add_board', 'trust_board'])(
    "is not a key's, whatever it may: %s would read secrets of the manager and start programs there",
    (cmd) => {
      expect(() => requireRight(command(cmd), manager)).toThrow(expect.objectContaining({ code: 315 }))
      expect(() => requireRight(command(cmd), LOCAL_PRINCIPAL)).not.toThrow()
    },
  )

  it.each(['remove_board', 'check_boards', 'load_inference'])(
    'is needed for what names boards of cluster.yaml no more than to manage: %s',
    (cmd) => {
      expect(() => requireRight(command(cmd), manager)).not.toThrow()
      expect(() => requireRight(command(cmd), { ...manager, may: 'infer' })).toThrow(expect.objectContaining({ code: 315 }))
    },
  )
})
