import { execFileSync } from 'node:child_process'

/** What a test with network namespaces needs and this machine lacks; undefined: nothing. */
export function noNamespaces(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'network namespaces need Linux and root'
  try {
    execFileSync('ip', ['-V'])
    execFileSync('tc', ['-V'])
    return undefined
  } catch {
    return 'ip and tc are missing: apt-get install iproute2'
  }
}

/** A network namespace that is reached over one link of its own, so slow in both directions. */
export class SlowLink implements Disposable {
  /** This side, and the other one. */
  readonly near = '10.213.77.1'
  readonly far = '10.213.77.2'

  /**
   * @param name - of the namespace: at most 12 characters
   * @param rate - as `tc` writes it: `10mbit`
   */
  constructor(
    readonly name: string,
    rate: string,
  ) {
    this[Symbol.dispose]()
    const inside = (...words: string[]) => ip('-n', name, ...words)
    ip('netns', 'add', name)
    ip('link', 'add', `${name}-o`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name)
    ip('addr', 'add', `${this.near}/30`, 'dev', `${name}-o`)
    ip('link', 'set', `${name}-o`, 'up')
    inside('addr', 'add', `${this.far}/30`, 'dev', 'eth0')
    inside('link', 'set', 'eth0', 'up')
    inside('link', 'set', 'lo', 'up')
    const shape = ['root', 'tbf', 'rate', rate, 'burst', '32kbit', 'latency', '400ms']
    execFileSync('tc', ['qdisc', 'add', 'dev', `${name}-o`, ...shape])
    execFileSync('tc', ['-n', name, 'qdisc', 'add', 'dev', 'eth0', ...shape])
  }

  /** How a program is started there. */
  command(...words: string[]): [string, string[]] {
    return ['ip', ['netns', 'exec', this.name, ...words]]
  }

  [Symbol.dispose](): void {
    for (const words of [
      ['link', 'del', `${this.name}-o`],
      ['netns', 'del', this.name],
    ]) {
      try {
        ip(...words)
      } catch {
        // It is not there.
      }
    }
  }
}

const ip = (...words: string[]): Buffer => execFileSync('ip', words, { stdio: ['ignore', 'pipe', 'pipe'] })
