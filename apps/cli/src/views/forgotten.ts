import type { ForgottenContainer } from '@aicluster/host-sdk'

/** What is to be said of containers that were forgotten and may still run. */
export const forgottenLines = (forgotten: readonly ForgottenContainer[]): string[] =>
  forgotten.flatMap(({ suffixName, coprocessorName, reason }) => [
    `Forgot ${suffixName}, which may still run on ${coprocessorName}: ${reason}.`,
    `It is let in no more, and is removed as soon as ${coprocessorName} is back in this cluster.`,
  ])
