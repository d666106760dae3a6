import { RigError } from './rig-error'

export const DEFAULT_SUBNET = '10.77.0'
/** The last octet of board 1 is one more. */
const FIRST_ADDRESS = 10
export const MAX_BOARDS = 99

/** The networks of rigs that last no longer than a process: what nobody owns there is taken down. See owned-rig.ts. */
export const OWNED_SUBNETS: readonly string[] = Array.from({ length: 100 }, (_, index) => `10.${100 + index}.0`)

/**
 * Every name that a rig gives, made from its subnet, so that rigs live side by side.
 * One name stands for a board everywhere: network namespace, link on the machine's side, cgroup.
 */
export class RigNames {
  /** The bridge, and what every other name begins with. Hexadecimal, because a link's name has at most 15 characters. */
  readonly rig: string

  /** @param subnet - the first three octets @throws RigError it is something else */
  constructor(readonly subnet: string = DEFAULT_SUBNET) {
    const octets = /^\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(subnet) ? subnet.split('.').map(Number) : []
    if (octets.length !== 3 || octets.some((octet) => octet > 255)) {
      throw new RigError(`the subnet is "${subnet}", it must be the first three octets of a private network, such as ${DEFAULT_SUBNET}`)
    }
    this.rig = `rig-${octets.map((octet) => octet.toString(16).padStart(2, '0')).join('')}`
  }

  /** Of this machine, as boards and their containers see it. */
  get managerAddress(): string {
    return `${this.subnet}.1`
  }

  address(board: number): string {
    return `${this.subnet}.${FIRST_ADDRESS + board}`
  }

  /** @throws RigError no board has this number */
  board(board: number): string {
    if (!Number.isInteger(board) || board < 1 || board > MAX_BOARDS) {
      throw new RigError(`board ${board}: boards are numbered from 1 to ${MAX_BOARDS}`)
    }
    return `${this.rig}-${board}`
  }

  /** Whether a name is that of one of this rig's boards. */
  isBoard(name: string): boolean {
    return name.startsWith(`${this.rig}-`)
  }
}
