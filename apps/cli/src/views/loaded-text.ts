import type { ContainerHandler } from '@aicluster/host-sdk'

/** Where containers are: `board1, board2`. */
export const boardsText = (handlers: readonly ContainerHandler[]): string =>
  handlers.map(({ allocatedCoprocessor }) => allocatedCoprocessor).join(', ')
