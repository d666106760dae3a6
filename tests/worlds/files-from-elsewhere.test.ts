import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ContainerConfig, ProgressEvent } from '@aicluster/host-sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AdminClient } from './admin-client'
import { AnswerFiles } from './answer-files'
import { eventually } from './eventually'
import { RawApplication } from './raw-application'
import { sendFile } from './send-file'
import { startWorld, type World } from './world'

const BODY = Uint8Array.of(1)
const MIB = 1024 * 1024
/** Hostile to whoever builds a shell line or a path of it. */
const ODD = 'two words "quoted" $(touch x)\nnext line'

let world: World
let files: AnswerFiles

/** A manager that may read none of the application's files, as one on another machine cannot. */
const ELSEWHERE = { file_roots: [], boards: ['board1', 'board2'].map((name) => ({ name })) }

beforeAll(async () => {
  world = await startWorld({ config: ELSEWHERE })
  files = new AnswerFiles(world.folder)
})
afterAll(() => world[Symbol.asyncDispose]())

const folderOf = (board: string, name = 'digits') => join(world.stateFolder, 'boards', board, `${name}-${board}`)
const treesThere = () => readdirSync(join(world.stateFolder, 'given', 'trees'))
const partsThere = () => readdirSync(join(world.stateFolder, 'given', 'store', 'parts'))
const answer = async (name = 'digits') => ((await world.cluster.infer(name, BODY)).result as { answer: string }).answer

/** Load, and count the bytes that travel to the manager. */
async function load(config: ContainerConfig, options: { signal?: AbortSignal; onProgress?: (progress: ProgressEvent) => void } = {}) {
  let bytes = 0
  const onProgress = (progress: ProgressEvent) => {
    if (progress.phase === 'upload' && progress.coprocessorName === '') bytes = progress.bytesDone ?? 0
    options.onProgress?.(progress)
  }
  await world.cluster.loadInference(config, 'board1', { ...options, onProgress })
  return bytes
}

const reader = (scriptPath: string, more: Partial<ContainerConfig> = {}) => world.config('reader', 'digits', { scriptPath, ...more })

/** A folder whose content takes a while. */
function large(answerText: string, mebibytes: number): string {
  const folder = files.scripts(answerText)
  for (let i = 0; i < mebibytes; i++) writeFileSync(join(folder, `part-${i}.bin`), Buffer.alloc(MIB, `${answerText}${i}`))
  return folder
}

describe('files of an application whose disk the manager does not share', () => {
  it('are sent: scripts, modules, copied files and folders, with odd names and the executable bit', async () => {
    const scripts = files.scripts('sent')
    mkdirSync(join(scripts, ODD))
    writeFileSync(join(scripts, ODD, 'empty'), '')
    writeFileSync(join(scripts, ODD, 'tool'), '#!/bin/sh\n')
    chmodSync(join(scripts, ODD, 'tool'), 0o755)
    symlinkSync('answer.txt', join(scripts, 'link.txt'))
    const model = join(world.folder, ODD)
    writeFileSync(model, 'a model')

    const bytes = await load(
      reader(scripts, {
        inferenceModules: { subInferenceName: '', script: 'answer.txt', model: 'link.txt' },
        copy: [
          { From: model, To: 'models/' },
          { From: join(scripts, ODD), To: 'tools' },
        ],
      }),
    )

    expect(await answer()).toBe('sent')
    const there = folderOf('board1')
    expect(bytes).toBe('sent'.length + '#!/bin/sh\n'.length + 'a model'.length)
    expect(readFileSync(join(there, 'models', ODD), 'utf8')).toBe('a model')
    expect(readFileSync(join(there, 'link.txt'), 'utf8')).toBe('sent')
    expect(statSync(join(there, 'tools', 'tool')).mode & 0o111).not.toBe(0)
    expect(statSync(join(there, ODD, 'empty')).mode & 0o111).toBe(0)
    const [handler] = await world.cluster.getContainerHandler('digits')
    expect(handler?.scriptPath).toBe(scripts)
  })

  it('are counted: a metric has the bytes that are kept of them, and what those may become', async () => {
    const stored = readdirSync(join(world.stateFolder, 'given', 'store'), { recursive: true, withFileTypes: true })
    const sizes = stored.filter((entry) => entry.isFile()).map(({ parentPath, name }) => statSync(join(parentPath, name)).size)

    const scrape = await new AdminClient(world).metrics()

    expect(sizes.length).toBeGreaterThan(0)
    expect(scrape.value('aicluster_sent_files_bytes')).toBe(sizes.reduce((sum, size) => sum + size, 0))
    expect(scrape.value('aicluster_sent_files_limit_bytes')).toBe(64 * 1024 ** 3)
  })

  it('go on counting when they are gone there: after a reload, and for another board under the next manager', async () => {
    await world.endManager('SIGKILL')
    await world.startManager()
    await eventually('the application to be back', () => world.cluster.isConnected)
    const [{ scriptPath = '' } = {}] = await world.cluster.getContainerHandler('digits')
    rmSync(scriptPath as string, { recursive: true })
    rmSync(join(world.folder, ODD))

    await world.cluster.reloadInference('digits')
    expect(await answer()).toBe('sent')
    const board = (await world.cluster.getCoprocessorHandler()).find(({ name }) => name === 'board2')
    await board?.addInference('digits')

    expect(readFileSync(join(folderOf('board2'), 'models', ODD), 'utf8')).toBe('a model')
    await world.cluster.unloadInference()
    expect(treesThere()).toEqual([])
  })

  it('travel once: the same again are known, and of a changed folder only what has changed goes', async () => {
    const scripts = large('first', 3)
    expect(await load(reader(scripts))).toBe(3 * MIB + 'first'.length)

    expect(await load(reader(scripts))).toBe(0)
    writeFileSync(join(scripts, 'answer.txt'), 'changed')
    expect(await load(reader(scripts, { forceUpdate: true }))).toBe('changed'.length)

    expect(await answer()).toBe('changed')
    expect(treesThere()).toHaveLength(1)
    await world.cluster.unloadInference()
    expect(treesThere()).toEqual([])
    expect(await load(reader(scripts))).toBe(0)
  })

  it('are put, and refused with the path that the application gave', async () => {
    await world.cluster.putFile('digits', { other: files.write('put') })
    await world.cluster.reloadInference('digits')
    expect(await answer()).toBe('put')

    const missing = join(world.folder, 'missing')
    const refusal = (text: string) => ({ code: 301, message: expect.stringContaining(text) })
    await expect(world.cluster.putFile('digits', { other: missing })).rejects.toMatchObject(refusal(`${missing} does not exist`))
    const config = world.config('reader', 'other', { scriptPath: missing })
    await expect(world.cluster.loadInference(config, 'all')).rejects.toMatchObject(
      refusal(`board "board1", container config "other": script_path "${missing}" does not exist`),
    )
    const scripts = files.scripts('x')
    const modules = { subInferenceName: '', script: 'none.js' }
    await expect(load(world.config('reader', 'other', { scriptPath: scripts, inferenceModules: modules }))).rejects.toMatchObject(
      refusal(`(${scripts}/none.js) does not exist`),
    )
    await world.cluster.unloadInference()
    expect(treesThere()).toEqual([])
  })

  it('change nothing when the application gives up in the middle, and the next try goes on', async () => {
    const scripts = large('given up', 12)
    const giveUp = new AbortController()
    const onProgress = ({ bytesDone = 0 }: ProgressEvent) => bytesDone > 0 && giveUp.abort()

    await expect(load(reader(scripts), { signal: giveUp.signal, onProgress })).rejects.toMatchObject({ code: 312 })

    expect(world.inferenceFiles).toEqual([])
    expect(treesThere()).toEqual([])
    const bytes = await load(reader(scripts))
    expect(bytes).toBeLessThan(12 * MIB)
    expect(await answer()).toBe('given up')
    expect(partsThere()).toEqual([])
    await world.cluster.unloadInference()
  })

  it('go on where they were when the connection is lost and comes back', async () => {
    const events: number[] = []
    const note = ({ code }: { code: number }) => events.push(code)
    world.cluster.on('disconnected', note).on('connected', note)
    const scripts = large('cut', 12)
    let stopped: Promise<void> | undefined
    const onProgress = ({ bytesDone = 0 }: ProgressEvent) => {
      if (bytesDone > 0) stopped ??= standStill()
    }

    const bytes = await load(reader(scripts), { onProgress })

    await stopped
    expect(events).toEqual([112, 113])
    expect(bytes).toBe(12 * MIB + 'cut'.length)
    expect(await answer()).toBe('cut')
    world.cluster.off('disconnected', note).off('connected', note)
    await world.cluster.unloadInference()
  })

  /** The manager's links are cut by their heartbeats meanwhile. */
  async function standStill(): Promise<void> {
    world.manager.kill('SIGSTOP')
    await eventually('the application to notice', () => !world.cluster.isConnected).finally(() => world.manager.kill('SIGCONT'))
  }

  it('tell the async form nothing before it has returned, and its number goes with all that is told', async () => {
    const told: unknown[] = []
    const phases = new Set<string>()
    const onProgress = ({ requestNo, phase }: ProgressEvent) => phases.add(`${requestNo} ${phase}`)
    world.cluster.on('progress', onProgress)

    const number = world.cluster.loadInferenceAsync(reader(files.scripts('async')), 'board1', (code, _message, cmd, _result, requestNo) => {
      told.push([code, cmd, requestNo])
    })

    expect(told).toEqual([])
    await eventually('the callback', () => told.length === 1)
    expect(told).toEqual([[0, 'load_inference', number]])
    expect(phases).toEqual(new Set(['check', 'upload', 'copy', 'start', 'ready'].map((phase) => `${number} ${phase}`)))
    world.cluster.off('progress', onProgress)
  })

  it.each(['/app/..', '/app/.', '/app/../..', '/'])('are refused for a peer that puts one without a name of its own, %s', async (path) => {
    await using raw = await RawApplication.connect(world)
    const tree = await sendFile((command) => raw.ask(command), path, 'anything')
    const before = readdirSync(join(world.stateFolder, 'files'))

    const outcome = await raw.ask({ cmd: 'put_file', inference_name: 'digits', file_info: { other: path }, files: [{ path, tree }] })

    const message = expect.stringContaining(`file_info.other is "${path}", it must end in the name of a file`)
    expect(outcome).toMatchObject({ code: 302, message })
    expect(readdirSync(join(world.stateFolder, 'files'))).toEqual(before)
    expect(await answer()).toBe('async')
  })

  it('are not read on the host of the manager for a peer that sends none, nor for a config that was edited there', async () => {
    await using raw = await RawApplication.connect(world)
    const scripts = files.scripts('forbidden')
    const config = { name: 'raw', implementation_type: 'other', run_command: 'x', script_path: scripts }
    const command = { cmd: 'load_inference', container_config: [config], coprocessor_name: ['board1'] }
    const refusal = { code: 302, message: expect.stringContaining('file_roots') }

    expect(await raw.outcomeOf(await raw.send(command))).toMatchObject(refusal)
    const edited = join(world.stateFolder, 'inferences', 'digits.json')
    const record = JSON.parse(readFileSync(edited, 'utf8'))
    writeFileSync(edited, JSON.stringify({ ...record, config: { ...record.config, script_path: scripts } }))
    await expect(world.cluster.reloadInference('digits')).rejects.toMatchObject(refusal)

    const unsent = { path: scripts, tree: 'a'.repeat(64) }
    expect(await raw.outcomeOf(await raw.send({ ...command, files: [unsent] }))).toMatchObject({
      code: 302,
      message: expect.stringContaining('its list was not sent'),
    })
    expect(await answer()).toBe('async')
    await world.settle()
  })
})
