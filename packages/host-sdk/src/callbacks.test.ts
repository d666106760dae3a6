import { clusterError, InferenceResponse } from '@aicluster/protocol'
import { describe, expect, it, vi } from 'vitest'
import { Callbacks } from './callbacks'
import { silentLogger } from './logger'

const callbacks = (error = vi.fn()) => ({ error, all: new Callbacks(() => ({ ...silentLogger, error })) })

describe('callbacks', () => {
  it('are those of the call before the common ones', () => {
    const { all } = callbacks()
    const common = vi.fn()
    const own = vi.fn()
    all.set({ inferCallback: common })
    all.forInfer(own)(0, '', 'result', new InferenceResponse(), '7')
    expect(own).toHaveBeenCalledWith(0, '', 'result', expect.anything(), '7')
    expect(common).not.toHaveBeenCalled()
  })

  it('are required: with none set a call is refused with 100', () => {
    const { all } = callbacks()
    expect(() => all.forManage(undefined)).toThrow(expect.objectContaining({ code: 100, message: 'argument callback is required' }))
  })

  it('stay set when their key is left out, and go with null', () => {
    const { all } = callbacks()
    const manage = vi.fn()
    all.set({ manageCallback: manage })
    all.set({ inferCallback: vi.fn() })
    all.forManage(undefined)(0, '', 'cmd', [], '1')
    all.set({ manageCallback: null })
    expect(manage).toHaveBeenCalledTimes(1)
    expect(() => all.forManage(undefined)).toThrow(expect.objectContaining({ code: 100 }))
  })

  it('that are no functions are refused with 302 and change nothing', () => {
    const { all } = callbacks()
    const manage = vi.fn()
    all.set({ manageCallback: manage })
    expect(() => all.set({ manageCallback: 'no' as never })).toThrow(expect.objectContaining({ code: 302 }))
    all.forManage(undefined)(0, '', 'cmd', [], '1')
    expect(manage).toHaveBeenCalledTimes(1)
  })

  it('that throw are logged and stop nothing', () => {
    const { all, error } = callbacks()
    const thrown = new Error('mine')
    all.set({
      manageCallback: () => {
        throw thrown
      },
    })
    all.event(clusterError('connectionLost', { detail: 'gone' }), 'keepalive')
    expect(error).toHaveBeenCalledWith({ err: thrown }, expect.any(String))
  })
})
