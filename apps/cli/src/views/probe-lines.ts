import type { BoardFacts, BoardProbe, HostKey } from '@aicluster/host-sdk'
import type { Color } from '../output/colors'
import { bytesText } from '../output/units'

/** A line for people, and its colour. */
export type ProbeLine = [text: string, color?: Color]

/** Everything that a look at a board has shown. */
export function probeLines({ name, target, hostKey, facts, problems }: BoardProbe): ProbeLine[] {
  return [
    [target === null ? name : `${name}: ${target}`, 'bold'],
    ...(hostKey ? [[`  host key  ${hostKeyText(hostKey)}`, KEY_COLORS[hostKey.state]] as ProbeLine] : []),
    ...(facts ? factLines(facts) : []),
    ...problems.flatMap(({ what, cure }): ProbeLine[] => [[`  problem   ${what}`, 'red'], [`  cure      ${cure}`]]),
  ]
}

const KEY_COLORS: Readonly<Record<HostKey['state'], Color | undefined>> = {
  accepted: undefined,
  unknown: 'yellow',
  changed: 'red',
  revoked: 'red',
}

const hostKeyText = ({ fingerprint, type, state, expected }: HostKey): string =>
  `${fingerprint} (${type}), ${state === 'changed' ? `not the known one: ${expected.join(', ')}` : state}`

function factLines({ os, architecture, cpus, memoryBytes, diskFreeBytes, engineVersion, runtimes, gpus }: BoardFacts): ProbeLine[] {
  const machine = [
    os,
    architecture,
    cpus === null ? null : `${cpus} processors`,
    memoryBytes === null ? null : `${bytesText(memoryBytes)} of memory`,
    diskFreeBytes === null ? null : `${bytesText(diskFreeBytes)} free on disk`,
  ]
  return [
    [`  machine   ${machine.filter((part) => part !== null).join(', ')}`],
    [`  engine    ${engineVersion === null ? 'none' : `Docker Engine ${engineVersion}, runtimes ${runtimes.join(', ')}`}`],
    [`  GPUs      ${gpus.join(', ') || 'none'}`],
  ]
}
