import type { ContainerConfig } from '@aicluster/host-sdk'
import { argumentsOf } from '../api-calls'
import { attempt, type Provocation } from '../provocation'
import { busyInference } from '../stages/fixtures'
import { handlersOfNoBoard, main } from '../stages/stages'

const LOAD = ['AICluster.load_inference']
const TAGGED = { name: 'tagged', implementationType: 'Loop', imageTag: 'i1' } as const
const tagged = (imageTag: string, scriptTag: string, modelTag: string): ContainerConfig => ({
  ...TAGGED,
  imageTag,
  inferenceModules: { subInferenceName: 'tagged-module', scriptTag, modelTag },
})

/** What the cluster refuses because of what is registered, or not. */
export const REGISTRY: readonly Provocation[] = [
  {
    rows: [
      { code: 300, when: 'inference_name names nothing that is registered' },
      { code: 300, when: 'the inference is neither registered nor has a config file' },
    ],
    attempts: async (row) => [attempt(row, await main.targets(), argumentsOf(row, { inferenceName: 'unknown' }))],
  },
  {
    rows: [{ code: 304, when: 'coprocessor_name names no registered board' }],
    attempts: async (row) => [attempt(row, await main.targets(), argumentsOf(row, { coprocessorName: 'nowhere' }))],
  },
  {
    rows: [{ code: 304, when: 'the board of this handler is not registered' }],
    attempts: async (row) => [attempt(row, await handlersOfNoBoard(), argumentsOf(row))],
  },
  {
    rows: [{ code: 203, apis: LOAD }],
    attempts: async (row) => {
      const targets = await main.targets()
      await main.once('an inference with version labels', () => targets.cluster.loadInference(tagged('i1', 's1', 'm1'), 'board1'))
      const changed = [
        { fills: ['i1', 'i2'], containerConfig: tagged('i2', 's1', 'm1') },
        { fills: ['s1', 's2'], containerConfig: tagged('i1', 's2', 'm1') },
        { fills: ['m1', 'm2'], containerConfig: tagged('i1', 's1', 'm2') },
      ]
      return changed.map(({ fills, containerConfig }) => attempt(row, targets, argumentsOf(row, { containerConfig }), { fills }))
    },
  },
  {
    rows: [{ code: 302, apis: LOAD }],
    attempts: async (row) => {
      const targets = await main.targets()
      const wrong = [{ maxSendNum: 0 }, { implementationType: 'Docker' }, { name: '../../etc' }, { maxSendNumm: 1 }]
      return wrong.map((part) => attempt(row, targets, argumentsOf(row, { containerConfig: { ...TAGGED, name: 'wrong', ...part } })))
    },
  },
  {
    rows: [{ code: 201, apis: LOAD }],
    attempts: async (row) => {
      const targets = await main.targets()
      const incomplete = [{ implementationType: 'Loop' }, { name: 'incomplete', implementationType: 'other' }]
      return incomplete.map((containerConfig) => attempt(row, targets, argumentsOf(row, { containerConfig })))
    },
  },
  {
    rows: [{ code: 200, apis: LOAD }],
    attempts: async (row) => [attempt(row, await main.targets(), [], { raw: ['load_inference'] })],
  },
  {
    rows: [
      {
        code: 201,
        apis: [
          'AICluster.unload_inference',
          'AICluster.get_coprocessor_images',
          'AICluster.get_container_handler',
          'AICluster.get_container_status',
        ],
      },
    ],
    // The only key that these commands must have is their name.
    attempts: async (row) => [attempt(row, await main.targets(), [], { raw: { inference_name: '' } })],
  },
  {
    rows: [
      { code: 303, apis: ['AICluster.unload_inference'] },
      { code: 303, apis: ['AICluster.put_file'] },
      { code: 303, apis: ['CoprocessorHandler.add_inference'] },
    ],
    attempts: async (row) => [attempt(row, await main.targets(), argumentsOf(row, { inferenceName: await busyInference() }))],
  },
  {
    rows: [{ code: 303, apis: LOAD }],
    attempts: async (row) => {
      const containerConfig = (await main.world()).config('gated', await busyInference(), { forceUpdate: true })
      return [attempt(row, await main.targets(), argumentsOf(row, { containerConfig, coprocessorName: 'board1' }))]
    },
  },
]
