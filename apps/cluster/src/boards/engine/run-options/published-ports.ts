import { OptionValueError } from './option-values'

/** Ports that one option may name at once. */
const MAX_RANGE = 1024
const RULE = 'must be [[ADDRESS:]PORT:]CONTAINER_PORT[/tcp|udp|sctp], like 8080:80; ranges of ports of one length are allowed'

/** One port of a container, and where it is published. */
export interface PublishedPort {
  /** `80/tcp` */
  port: string
  binding: { HostIp: string; HostPort: string }
}

/** Ports of `--expose`: `80`, `7000-7010/udp`. */
export function exposedPorts(value: string): string[] {
  const { ports, protocol } = containerPorts(value)
  return ports.map((port) => `${port}/${protocol}`)
}

/** Ports of `--publish`. */
export function publishedPorts(value: string): PublishedPort[] {
  const [, address = '', published = '', inside = ''] = /^(?:(\[[0-9a-fA-F:.]+\]|[^:]*):)??(?:([0-9-]*):)?([^:]+)$/.exec(value) ?? []
  const { ports, protocol } = containerPorts(inside)
  const outside = published === '' ? ports.map(() => '') : rangeOf(published).map(String)
  if (outside.length !== ports.length) throw new OptionValueError(RULE)
  const HostIp = address.replace(/^\[|\]$/g, '')
  return ports.map((port, index) => ({ port: `${port}/${protocol}`, binding: { HostIp, HostPort: outside[index] ?? '' } }))
}

function containerPorts(value: string): { ports: number[]; protocol: string } {
  const [, range = '', protocol = 'tcp'] = /^([0-9-]+)(?:\/(tcp|udp|sctp))?$/.exec(value) ?? []
  return { ports: rangeOf(range), protocol }
}

function rangeOf(text: string): number[] {
  const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? []
  const [from, to] = [Number(first), Number(last)]
  // Also false for what is no number.
  if (!(from >= 1 && from <= to && to <= 65_535 && to - from < MAX_RANGE)) throw new OptionValueError(RULE)
  return Array.from({ length: to - from + 1 }, (_, index) => from + index)
}
