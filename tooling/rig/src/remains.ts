import { existsSync, readdirSync, readFileSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { namespaces } from './network'
import type { RigNames } from './rig-names'
import { runWords } from './run-words'
import { until } from './until'

const GROUPS = '/sys/fs/cgroup'
const GROUPS_LIMIT_MS = 5_000

const textOf = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

const namesIn = (folder: string): string[] => {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/** Control groups of boards: below each controller (version 1) and at the root (version 2). */
const groupsOf = (names: RigNames): string[] =>
  ['', ...namesIn(GROUPS)].flatMap((controller) => {
    const folder = join(GROUPS, controller)
    return namesIn(folder)
      .filter((name) => names.isBoard(name))
      .map((name) => join(folder, name))
  })

function removeGroup(folder: string): void {
  const children = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  for (const { name } of children) removeGroup(join(folder, name))
  rmdirSync(folder)
}

/** The control groups of boards whose processes have ended; the system lets go of them a moment later. */
export async function removeGroups(names: RigNames): Promise<void> {
  const attempt = async () => {
    for (const group of groupsOf(names)) {
      try {
        removeGroup(group)
      } catch {}
    }
    return groupsOf(names).length === 0
  }
  await until('the end of the control groups', attempt, GROUPS_LIMIT_MS)
}

/** Processes of boards and of their containers, by what their command line or their control group names. */
function processesOf(names: RigNames, folder: string): string[] {
  const ours = (text: string): boolean => text.includes(`${names.rig}-`) || text.includes(`${folder}/`)
  return namesIn('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false
    return ours(textOf(`/proc/${pid}/cmdline`)) || textOf(`/proc/${pid}/cgroup`).includes(`/${names.rig}-`)
  })
}

/** Everything on this machine that belongs to a rig, in words. */
export async function findRemains(names: RigNames, folder: string): Promise<string[]> {
  const links = JSON.parse(await runWords(['ip', '-json', 'link'])) as { ifname: string }[]
  const rules = (await runWords(['iptables', '-w', '-S', 'FORWARD'])).split('\n')
  const mounts = textOf('/proc/self/mountinfo').split('\n')
  const loops = namesIn('/sys/block').filter((name) => textOf(`/sys/block/${name}/loop/backing_file`).startsWith(`${folder}/`))
  const found: Record<string, string[]> = {
    'network namespace': (await namespaces()).filter((name) => names.isBoard(name)),
    link: links.map(({ ifname }) => ifname).filter((name) => name === names.rig || names.isBoard(name)),
    rule: rules.filter((rule) => rule.split(' ').includes(names.rig)),
    'control group': groupsOf(names),
    process: processesOf(names, folder),
    mount: mounts.filter((line) => line.includes(`${folder}/`) || line.includes(`/${names.rig}-`)),
    'loop device': loops,
    folder: existsSync(folder) ? [folder] : [],
  }
  return Object.entries(found).flatMap(([kind, which]) => which.map((name) => `${kind} ${name}`))
}
