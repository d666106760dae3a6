import type { ContainerHandlerView, ContainerStatusView, CoprocessorView } from '@aicluster/protocol'
import { ContainerHandler } from '../handlers/container-handler'
import { ContainerStatus } from '../handlers/container-status'
import { CoprocessorHandler } from '../handlers/coprocessor-handler'

/** Replies of the cluster as what the methods return. */

export const asHandlers = (views: unknown): ContainerHandler[] =>
  (views as ContainerHandlerView[]).map((view) => new ContainerHandler(view))
export const asStatuses = (views: unknown): ContainerStatus[] => (views as ContainerStatusView[]).map((view) => new ContainerStatus(view))
export const asBoards = (views: unknown): CoprocessorHandler[] => (views as CoprocessorView[]).map((view) => new CoprocessorHandler(view))
