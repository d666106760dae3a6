import { AIClusterError, type BoardFactsView, type BoardProbeView, type BoardProblemView, type HostKeyView } from '@aicluster/protocol'
import { type BoardConfig, DEFAULT_ENGINE_SOCKET, type LocalBoardConfig, type SshBoardConfig } from '../config/board-config'
import { LocalMachine } from './local/local-machine'
import type { BoardProbe } from './probe/board-probe'
import { probeMachine } from './probe/probe-machine'
import { requireOwnEngine } from './ssh/engine-mark'
import { fingerprintOf, keyType } from './ssh/fingerprint'
import { expectedFingerprints, type HostKeyRule, hostKeyRule, refusalOf } from './ssh/host-key'
import { offeredHostKey } from './ssh/offered-host-key'
import { type Owner, requireOwned } from './ssh/own-machine'
import { connectSsh } from './ssh/ssh-connection'
import { SshMachine } from './ssh/ssh-machine'
import { type SshTarget, shownTarget } from './ssh/ssh-target'
import { sshTargetOf } from './ssh/ssh-target-of'

export interface ProbeOptions {
  /** File of the host keys that were accepted by this manager. */
  ownKnownHosts: string
  /** Whose the board is to be. */
  owner: Owner
  /** The host key that may be shown, whatever is known of the host. */
  fingerprint?: string | undefined
  /** Whether something is registered there that runs on its Docker Engine. */
  usesEngine?: boolean
  signal?: AbortSignal | undefined
}

/**
 * Look at a board, over a connection of its own. Changes nothing there and here. Whatever is wrong is in the problems, with its cure.
 *
 * Nobody logs in where the host key is another one than the known one; where none is known, not with a password: it would be told
 * to whoever answers. A key and an agent tell nothing.
 */
export async function probeBoard(config: BoardConfig, options: ProbeOptions): Promise<BoardProbeView> {
  const { name, driver } = config
  const probe: BoardProbeView = { name, driver, target: null, host_key: null, facts: null, problems: [] }
  try {
    if (config.driver === 'local') await lookHere(config, probe, options)
    else await lookThere(config, probe, options)
  } catch (error) {
    options.signal?.throwIfAborted()
    if (!(error instanceof AIClusterError)) throw error
    probe.problems.push(problemOf(name, error))
  }
  return probe
}

async function lookHere(config: LocalBoardConfig, probe: BoardProbeView, { usesEngine = false }: ProbeOptions): Promise<void> {
  const { name, engine_socket: engineSocket, processes } = config
  const seen = await probeMachine(new LocalMachine({ board: name, engineSocket }), name)
  probe.facts = factsOf(seen)
  // Plain programs need no Engine: that there is none is no problem before somebody means to use it.
  const needsEngine = usesEngine || engineSocket !== DEFAULT_ENGINE_SOCKET || processes === false
  // What it says of itself comes first.
  probe.problems.push(...(seen.engine === null && !needsEngine ? seen.problems.slice(1) : seen.problems))
}

async function lookThere(
  config: SshBoardConfig,
  probe: BoardProbeView,
  { ownKnownHosts, owner, fingerprint, signal }: ProbeOptions,
): Promise<void> {
  const target = sshTargetOf(config, ownKnownHosts)
  probe.target = shownTarget(target)
  const rule = await hostKeyRule(target)
  const key = await offeredHostKey(target, rule, { wanted: fingerprint ?? config.fingerprint, signal })
  const hostKey = hostKeyView(rule, key)
  probe.host_key = hostKey
  const problem = hostKeyProblem(target, hostKey, fingerprint)
  if (problem) {
    probe.problems.push(problem)
    if (hostKey.state !== 'unknown' || fingerprint !== undefined || config.password_file !== undefined) return
  }
  // What was shown now is what has to be shown then, too.
  const connection = await connectSsh({ ...target, fingerprint: hostKey.fingerprint }, undefined, signal)
  try {
    const machine = await SshMachine.on(connection, config.engine_socket)
    const seen = await probeMachine(machine, config.name)
    probe.facts = factsOf(seen)
    probe.problems.push(...seen.problems)
    await requireOwned(machine, config.name, config.folder, owner)
    await requireOwnEngine(machine.engine, config.name, owner)
  } finally {
    connection.close()
  }
}

function hostKeyView(rule: HostKeyRule, key: Buffer): HostKeyView {
  const refusal = refusalOf(rule, key)
  const state = refusal === undefined ? 'accepted' : STATES[refusal]
  return { type: keyType(key), fingerprint: fingerprintOf(key), state, expected: expectedFingerprints(rule) }
}

const STATES = { 'host-key-unknown': 'unknown', 'host-key-changed': 'changed', 'host-key-revoked': 'revoked' } as const

function hostKeyProblem(
  { board, fingerprint: pinned }: SshTarget,
  { state, fingerprint, expected }: HostKeyView,
  wanted: string | undefined,
): BoardProblemView | undefined {
  if (state === 'revoked')
    return { what: `its host key ${fingerprint} is revoked in known_hosts`, cure: 'find out why: this machine must not be trusted' }
  if (wanted !== undefined) {
    if (wanted === fingerprint) return undefined
    return {
      what: `it shows the host key ${fingerprint}, not ${wanted}`,
      cure: 'is it the right machine? If so, say the fingerprint that it shows',
    }
  }
  if (state === 'unknown') {
    return { what: `its host key ${fingerprint} is unknown`, cure: `if that is its fingerprint: aicluster boards trust ${board}` }
  }
  if (state === 'changed') {
    const cure =
      pinned === undefined ? `aicluster boards trust ${board}` : 'change fingerprint in cluster.yaml, and start the manager again'
    return { what: `it shows the host key ${fingerprint}, known is ${expected.join(', ')}`, cure: `if it was installed anew: ${cure}` }
  }
  return undefined
}

const factsOf = ({ os, architecture, engine, gpus, telemetry }: BoardProbe): BoardFactsView => ({
  os,
  architecture,
  cpus: telemetry.cpus,
  memory_bytes: telemetry.memory_total_bytes,
  disk_free_bytes: telemetry.disk_free_bytes,
  engine_version: engine?.version ?? null,
  runtimes: [...(engine?.runtimes ?? [])],
  gpus: [...gpus],
})

/** An error that says what to do behind a colon, as ours do. */
function problemOf(board: string, { message }: AIClusterError): BoardProblemView {
  const subject = `board "${board}": `
  const at = message.indexOf(subject)
  const words = at < 0 ? message : message.slice(at + subject.length)
  const parts = /^(.*?)(?:: ((?:is|are|was|start|put|give|remove) .*)|; (if .*))$/s.exec(words)
  const [, what = words, cure = parts?.[3] ?? 'mend that, then: aicluster boards check'] = parts ?? []
  return { what, cure }
}
