import type { Provocation } from '../provocation'
import { ARGUMENTS } from './arguments'
import { CONNECTION } from './connection'
import { CONNECTOR } from './connector'
import { CONTAINERS } from './containers'
import { EVENTS } from './events'
import { FILES } from './files'
import { INFERENCE } from './inference'
import { QUEUE } from './queue'
import { REGISTRY } from './registry'
import { RELOAD_PROVOCATIONS } from './reload'

/** How every row is caused that does not wait. */
export const PROVOCATIONS: readonly Provocation[] = [
  ...ARGUMENTS,
  ...CONNECTION,
  ...REGISTRY,
  ...RELOAD_PROVOCATIONS,
  ...INFERENCE,
  ...QUEUE,
  ...FILES,
  ...CONTAINERS,
  ...CONNECTOR,
  ...EVENTS,
]
