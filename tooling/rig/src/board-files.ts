import { existsSync } from 'node:fs'
import { mkdir, readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runWords, tryWords } from './run-words'

/** The user of a board who is not root, but may use its Engine. Far from the ids that a system gives by itself. */
const USER = { name: 'board', id: 47_001 }
const LOCKED_BUT_NO_PASSWORD = '*:19000:0:99999:7:::'

const SSHD_CONFIG = `Port 22
HostKey /etc/ssh/host_ed25519
AuthorizedKeysFile /etc/ssh/authorized_keys .ssh/authorized_keys
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
UsePAM no
UseDNS no
PidFile /run/sshd.pid
SetEnv PATH=/usr/sbin:/usr/bin:/sbin:/bin
ClientAliveInterval 5
ClientAliveCountMax 3
MaxSessions 100
MaxStartups 100
Subsystem sftp internal-sftp
`

export interface BoardFilesOptions {
  hostname: string
  /** Public key that may log in, as it stands in a file. */
  authorizedKey: string
  /** The size of its disk in MB: home folders and the Engine's data. Undefined: as much as the machine has. */
  diskMb?: number | undefined
}

/** What a board has of its own before its first start, in `folder`. Nothing happens if it is there. */
export async function makeBoardFiles(folder: string, { hostname, authorizedKey, diskMb }: BoardFilesOptions): Promise<void> {
  if (existsSync(join(folder, 'made'))) return
  await mkdir(join(folder, 'ssh'), { recursive: true, mode: 0o755 })
  await mkdir(join(folder, 'etc'), { recursive: true, mode: 0o755 })
  await makeHostKey(folder, hostname)
  await writeFile(join(folder, 'ssh/authorized_keys'), authorizedKey)
  await writeFile(join(folder, 'ssh/sshd_config'), SSHD_CONFIG)
  await makeUsers(folder)
  // No name server: the Engine then knows at once that it cannot pull an image, instead of after 20 s.
  await writeFile(join(folder, 'etc/resolv.conf'), 'nameserver 127.0.0.1\n')
  if (diskMb !== undefined) await makeDisk(folder, diskMb)
  await writeFile(join(folder, 'made'), '')
}

/** The board's host key, a new one where there is none, as known_hosts names it: type and key. */
export async function hostKey(folder: string): Promise<string> {
  return (await readFile(join(folder, 'ssh/host_ed25519.pub'), 'utf8')).split(' ').slice(0, 2).join(' ')
}

async function makeHostKey(folder: string, hostname: string): Promise<void> {
  const file = join(folder, 'ssh/host_ed25519')
  if (!existsSync(file)) await runWords(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', hostname, '-f', file])
}

/** The machine's users, and one more. Root's password is not the machine's: it may be locked there, which keeps keys out too. */
async function makeUsers(folder: string): Promise<void> {
  const { name, id } = USER
  const passwd = await readFile('/etc/passwd', 'utf8')
  const groups = (await readFile('/etc/group', 'utf8')).split('\n').filter(Boolean)
  const member = (line: string): string => (/^docker:/.test(line) ? line.replace(/:[^:]*$/, `:${name}`) : line)
  const docker = groups.some((line) => line.startsWith('docker:')) ? [] : [`docker:x:${id + 1}:${name}`]
  await writeFile(join(folder, 'etc/passwd'), `${passwd.trimEnd()}\n${name}:x:${id}:${id}::/home/${name}:/bin/bash\n`)
  await writeFile(join(folder, 'etc/group'), `${[...groups.map(member), ...docker, `${name}:x:${id}:`].join('\n')}\n`)
  const shadow = ['root', 'sshd', name].map((user) => `${user}:${LOCKED_BUT_NO_PASSWORD}\n`).join('')
  await writeFile(join(folder, 'etc/shadow'), shadow, { mode: 0o600 })
  await writeFile(join(folder, 'board-ids'), `${id}:${id}\n`)
}

/** A file that the board mounts as its disk; where there are no loop devices, memory, which forgets when the power goes. */
async function makeDisk(folder: string, diskMb: number): Promise<void> {
  if ((await tryWords(['losetup', '--find'])).code !== 0) return writeFile(join(folder, 'disk.tmpfs'), `${diskMb}\n`)
  const image = join(folder, 'disk.img')
  await writeFile(image, '', { mode: 0o600 })
  await truncate(image, diskMb << 20)
  await runWords(['mkfs.ext4', '-q', '-F', '-m', '0', image])
}
