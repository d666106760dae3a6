import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ContainerConfig } from '@aicluster/host-sdk'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { commandOf } from './programs'
import { startWorld, type World } from './world'

describe('a container that does not start', () => {
  let world: World

  beforeAll(async () => {
    world = await startWorld()
  })
  afterAll(() => world[Symbol.asyncDispose]())

  afterEach(async () => {
    expect(await world.cluster.getContainerHandler()).toEqual([])
    expect(world.inferenceFiles).toEqual([])
    expect(world.containerProcesses).toEqual([])
    await world.atRest()
  })

  /** The error of a load that must fail. */
  const failureOf = async (config: ContainerConfig): Promise<{ code: number; message: string; name: string }> => {
    const outcome = await world.cluster.loadInference(config, 'all').catch((error: unknown) => error)
    expect(outcome).toMatchObject({ code: 311, name: 'ContainerStartError' })
    return outcome as { code: number; message: string; name: string }
  }

  it('because its program is missing is 311 and names the program', async () => {
    const { message } = await failureOf(world.config('echo', 'missing', { runCommand: '/nowhere/program --fast' }))

    expect(message).toMatch(/"\/nowhere\/program" does not exist/)
  })

  it('because its program is not in PATH is 311 and shows the PATH', async () => {
    const { message } = await failureOf(world.config('echo', 'missing', { runCommand: 'no-such-program-anywhere' }))

    expect(message).toMatch(/"no-such-program-anywhere" was not found in PATH \(.+\)/)
  })

  it('because its program is not executable is 311 and says what to do', async () => {
    const file = join(world.folder, 'plain.sh')
    writeFileSync(file, '#!/bin/sh\n')
    chmodSync(file, 0o644)

    const { message } = await failureOf(world.config('echo', 'plain', { runCommand: [file] }))

    expect(message).toMatch(/is not executable: chmod \+x it/)
  })

  it('because its interpreter is missing is 311', async () => {
    const file = join(world.folder, 'odd.sh')
    writeFileSync(file, '#!/nowhere/interpreter\n')
    chmodSync(file, 0o755)

    const { message } = await failureOf(world.config('echo', 'odd', { runCommand: [file] }))

    expect(message).toContain('interpreter')
  })

  it.each([
    ['at once', 'at-start', 3],
    ['after it has connected', 'after-connect', 4],
  ])('because its program exits %s is 311 with the exit code and what it printed last', async (_when, mode, exitCode) => {
    const { message } = await failureOf(world.config('crash', 'crash', { runCommand: commandOf('crash', mode) }))

    expect(message).toContain(`exited with code ${exitCode}`)
    expect(message).toContain(`the model file is broken: byte 17 of 20\nexiting with ${exitCode}`)
    expect(message).toMatch(/container crash-board[12] on board board[12]/)
  })

  it('because a file of its command is not in its folder is 311 and says how it comes there', async () => {
    const { message } = await failureOf(world.config('echo', 'elsewhere', { runCommand: ['node', 'container.mjs'] }))

    expect(message).toContain('"container.mjs" of run_command is not in the container\'s folder')
    expect(message).toContain('script_path or copy')
  })

  it('because it never connects is 311 after start_timeout, and the program is ended', async () => {
    const startedAt = performance.now()

    const { message } = await failureOf(world.config('silent', 'silent', { startTimeout: 2_000 }))

    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(2_000)
    expect(performance.now() - startedAt).toBeLessThan(6_000)
    expect(message).toContain('did not connect and become ready within 2000 ms (start_timeout)')
    expect(message).toContain('a licence server that never answers')
  })

  it('is told with the last lines of its stderr only, stripped of everything that a terminal would obey', async () => {
    const { message } = await failureOf(world.config('noisy', 'noisy'))

    expect(message).toContain('noise 500\n')
    expect(message).not.toContain('noise 400\n')
    expect(message).toMatch(/red bell tfel\nlast words$/)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(message).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/)
    expect(message.length).toBeLessThan(8_000)
  })

  it('on one board of two leaves nothing on the other', async () => {
    const flag = join(world.folder, 'second-fails')
    const script = `[ "$AICLUSTER_BOARD" = board2 ] && { echo "no such device" >&2; exit 5; }; exec ${commandOf('echo').join(' ')}`

    const { message } = await failureOf(world.config('echo', 'half', { runCommand: ['/bin/sh', '-c', script, flag] }))

    expect(message).toMatch(/half-board2 on board board2 exited with code 5/)
    expect(message).toContain('no such device')
  })
})
