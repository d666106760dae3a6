import { RigError } from './rig-error'
import type { RigNames } from './rig-names'
import { runWords, tryWords } from './run-words'

type Words = [string, ...string[]]

const inBoard = (name: string, ...words: string[]): Words => ['nsenter', `--net=/run/netns/${name}`, ...words]

/** Run with the first word after the table: -C asks, -I puts in, -D takes out. */
async function setRule(wanted: boolean, table: string[], rule: string[], prefix: string[] = []): Promise<void> {
  const iptables = (word: string): Words => {
    const [first, ...rest] = [...prefix, 'iptables', '-w', ...table, word, ...rule]
    return [first as string, ...rest]
  }
  const there = (await tryWords(iptables('-C'))).code === 0
  if (there !== wanted) await runWords(iptables(wanted ? '-I' : '-D'))
}

/** An Engine on this machine sets FORWARD to DROP, and bridged frames pass there: these two rules keep boards in touch with each other. */
const forwardRules = (bridge: string): string[][] => [
  ['FORWARD', '-i', bridge, '-j', 'ACCEPT'],
  ['FORWARD', '-o', bridge, '-j', 'ACCEPT'],
]

/** The bridge at which this machine and all boards meet. Nothing happens if it is there. @throws RigError its subnet is somebody else's */
export async function makeBridge({ rig, managerAddress, subnet }: RigNames): Promise<void> {
  const addresses = JSON.parse(await runWords(['ip', '-json', 'address'])) as { ifname: string; addr_info: { local?: string }[] }[]
  const taken = addresses.find(({ ifname, addr_info }) => ifname !== rig && addr_info.some(({ local }) => local?.startsWith(`${subnet}.`)))
  if (taken) throw new RigError(`${subnet}.0/24 is in use on ${taken.ifname}: choose another subnet with --subnet`)
  if (!addresses.some(({ ifname }) => ifname === rig)) await runWords(['ip', 'link', 'add', rig, 'type', 'bridge'])
  await runWords(['ip', 'address', 'replace', `${managerAddress}/24`, 'dev', rig])
  await runWords(['ip', 'link', 'set', rig, 'up'])
  for (const rule of forwardRules(rig)) await setRule(true, [], rule)
}

/** What {@link makeBridge} made goes. */
export async function removeBridge({ rig }: RigNames): Promise<void> {
  for (const rule of forwardRules(rig)) await setRule(false, [], rule)
  await tryWords(['ip', 'link', 'delete', rig])
}

/** Names of the network namespaces on this machine. */
export async function namespaces(): Promise<string[]> {
  const text = await runWords(['ip', 'netns', 'list'])
  return text.split('\n').flatMap((line) => line.split(' ')[0] || [])
}

/** Process numbers in a board's network namespace; those of its containers have one of their own. */
export async function processesIn(name: string): Promise<number[]> {
  const { code, stdout } = await tryWords(['ip', 'netns', 'pids', name])
  return code === 0 ? stdout.split('\n').filter(Boolean).map(Number) : []
}

/** A board's network, and its cable to the bridge. Nothing happens if it is there. */
export async function makeBoardNetwork(names: RigNames, board: number): Promise<void> {
  const name = names.board(board)
  if ((await namespaces()).includes(name)) return
  await runWords(['ip', 'netns', 'add', name])
  await runWords(['ip', 'link', 'add', name, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name])
  await runWords(['ip', 'link', 'set', name, 'master', names.rig, 'up'])
  await runWords(['ip', '-n', name, 'link', 'set', 'lo', 'up'])
  await runWords(['ip', '-n', name, 'address', 'add', `${names.address(board)}/24`, 'dev', 'eth0'])
  await runWords(['ip', '-n', name, 'link', 'set', 'eth0', 'up'])
  await runWords(['ip', '-n', name, 'route', 'add', 'default', 'via', names.managerAddress])
}

/** What {@link makeBoardNetwork} made goes; its processes must have gone before. */
export async function removeBoardNetwork(name: string): Promise<void> {
  await tryWords(['ip', 'netns', 'delete', name])
  await tryWords(['ip', 'link', 'delete', name])
}

/** The cable of a board: pulled out, or put back in. */
export const setLink = (name: string, state: 'up' | 'down'): Promise<string> => runWords(['ip', 'link', 'set', name, state])

export async function linkIsUp(name: string): Promise<boolean> {
  const [link] = JSON.parse(await runWords(['ip', '-json', 'link', 'show', 'dev', name])) as { flags: string[] }[]
  return link?.flags.includes('UP') ?? false
}

/** Where packets of a board pass, its containers' too: those that come in, and those that go out. The table is ours alone. */
const WAYS: readonly { chain: string; device: [string, string]; loss: string }[] = [
  { chain: 'PREROUTING', device: ['-i', 'eth0'], loss: 'RIG-LOSS-IN' },
  { chain: 'POSTROUTING', device: ['-o', 'eth0'], loss: 'RIG-LOSS-OUT' },
]
const TABLE = ['-t', 'mangle']

/** Every packet of a board is dropped in silence, both ways, or no longer. */
export async function setDrop(name: string, dropped: boolean): Promise<void> {
  for (const { chain, device } of WAYS) await setRule(dropped, TABLE, [chain, ...device, '-j', 'DROP'], inBoard(name))
}

/** So many packets of a hundred are lost, each way. No netem: not every kernel has it. */
export async function setLoss(name: string, percent: number): Promise<void> {
  for (const { chain, device, loss } of WAYS) {
    const iptables = (...words: string[]): Words => inBoard(name, 'iptables', '-w', ...TABLE, ...words)
    // It may be there.
    await tryWords(iptables('-N', loss))
    await runWords(iptables('-F', loss))
    await setRule(percent > 0, TABLE, [chain, ...device, '-j', loss], inBoard(name))
    const chance = ['-m', 'statistic', '--mode', 'random', '--probability', String(percent / 100)]
    if (percent > 0) await runWords(iptables('-A', loss, ...chance, '-j', 'DROP'))
  }
}

/** How many packets a loss has swallowed since it was set, on their way in and out. */
export async function lostPackets(name: string): Promise<{ in: number; out: number }> {
  const [lostIn, lostOut] = await Promise.all(
    WAYS.map(async ({ loss }) => {
      const { stdout } = await tryWords(inBoard(name, 'iptables', '-w', ...TABLE, '-nvxL', loss))
      return Number(/^\s*(\d+)\s.*DROP/m.exec(stdout)?.[1] ?? 0)
    }),
  )
  return { in: lostIn as number, out: lostOut as number }
}

/** A board's link carries so many Mbit/s each way; undefined: as many as it can. */
export async function setRate(name: string, megabits: number | undefined): Promise<void> {
  const ends: [string, ...string[]][] = [
    ['tc', 'qdisc', 'VERB', 'dev', name, 'root'],
    ['tc', '-n', name, 'qdisc', 'VERB', 'dev', 'eth0', 'root'],
  ]
  for (const end of ends) {
    const words = (verb: string): [string, ...string[]] => ['tc', ...end.slice(1).map((word) => (word === 'VERB' ? verb : word))]
    if (megabits === undefined) await tryWords(words('delete'))
    else await runWords([...words('replace'), 'tbf', 'rate', `${megabits}mbit`, 'burst', '256k', 'latency', '100ms'])
  }
}
