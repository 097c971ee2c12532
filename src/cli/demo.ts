import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { type LoadedConfig, loadConfig } from '../config/index.ts'
import type { ConnectionHealth, NodeView } from '../core/node-view.ts'
import { type CommonOptions, EXIT, type Exit, logOf, Refused, type Verb } from './context.ts'
import { table, writeResult } from './output.ts'
import { type Plant, startPlant } from './plant.ts'
import { PortTaken, type Served, type ServeOptions, serve } from './serve.ts'
import { recordLines } from './status.ts'

export interface DemoOptions extends CommonOptions {
  /** Milliseconds until it ends by itself; endless when absent. */
  readonly for?: { readonly text: string; readonly ms: number }
  readonly port: number
  readonly data?: string
  readonly scale: number
  readonly open: boolean
}

/** The airport's own description of itself: `examples/airport/config`. */
interface AirportModule {
  airportConfig(endpoints: unknown, scale: number): string
}

/** Its contracts by their path: `examples/airport/contracts`. */
interface ContractsModule {
  airportContracts(): Readonly<Record<string, string>>
}

/** `ecluse demo`: the airport and a node collecting from it. Ends with 1 when nothing could be stored. */
export async function demo(verb: Verb, options: DemoOptions): Promise<Exit> {
  const { io } = verb
  const words = verb.words.demo
  const stop = io.stopSignal()
  const directory = options.data === undefined ? await mkdtemp(join(tmpdir(), 'ecluse-demo-')) : resolve(options.data)
  try {
    io.err(`${words.starting}\n`)
    const starting = startPlant(
      verb.home,
      io,
      ['--scale', String(options.scale), '--orders', join(directory, 'it', 'workorders.sqlite')],
      stop,
    ).catch((error: unknown) => {
      if (stop.aborted) return undefined
      throw new Refused(words.plantFailed(error instanceof Error ? error.message : String(error)), words.plantHint)
    })
    // The node's modules load while the plant starts; what goes wrong with them is said where they are used.
    const warming = Promise.allSettled([verb.connectors(), import('../run/node.ts'), import('../api/index.ts')])
    const [plant] = await Promise.all([starting, warming])
    if (!plant) return EXIT.ok
    try {
      return await operate(verb, options, plant, directory)
    } finally {
      await plant.stop()
    }
  } finally {
    if (options.data === undefined) await rm(directory, { recursive: true, force: true })
    else io.err(`${words.kept(directory)}\n`)
  }
}

async function operate(verb: Verb, options: DemoOptions, plant: Plant, directory: string): Promise<Exit> {
  const { io } = verb
  const words = verb.words.demo
  const stop = io.stopSignal()
  const file = join(directory, 'ecluse.yaml')
  const loaded = await writeConfig(verb, options, plant, directory, file)
  const served = await serveSomewhere(verb, loaded, {
    host: '127.0.0.1',
    port: options.port,
    log: logOf(verb, options),
    onNode: (view) => announceFirst(verb, view),
  })
  io.out(`${words.ready(served.url)}\n`)
  if (served.signInLink) io.out(`${verb.words.node.signIn(served.signInLink)}\n`)
  io.err(`${words.others(file)}\n${options.for ? words.ends(options.for.text) : words.endless}\n`)
  if (options.open && io.interactive) openBrowser(served.signInLink ?? served.url)
  const stopped = new AbortController()
  const why = await Promise.race([verb.clock.sleep(options.for?.ms ?? FOREVER_MS, AbortSignal.any([stop, stopped.signal])), plant.ended])
  stopped.abort()
  io.err(`${typeof why === 'string' ? words.plantStopped(why) : verb.words.node.stopping}\n`)
  await served.stop()
  return summarise(verb, options, served.view.connections(), typeof why === 'string')
}

/** setTimeout's longest; the demo is not left running for 24 days. */
const FOREVER_MS = 2 ** 31 - 1

async function writeConfig(verb: Verb, options: DemoOptions, plant: Plant, directory: string, file: string): Promise<LoadedConfig> {
  const { airportConfig } = (await import(verb.home.module('examples/airport/config').href)) as AirportModule
  const { airportContracts } = (await import(verb.home.module('examples/airport/contracts').href)) as ContractsModule
  const files = { ...airportContracts(), 'ecluse.yaml': airportConfig(plant.endpoints, options.scale) }
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true })
    await writeFile(join(directory, path), text)
  }
  return loadConfig(file, { connectors: await verb.connectors(), env: verb.io.env, language: verb.language })
}

/** The wanted port, or any free one: a demo should not fail because something else runs here. */
async function serveSomewhere(verb: Verb, loaded: LoadedConfig, options: ServeOptions): Promise<Served> {
  try {
    return await serve(verb, loaded, options)
  } catch (error) {
    if (!(error instanceof PortTaken)) throw error
    const served = await serve(verb, loaded, { ...options, port: 0 })
    verb.io.err(`${verb.words.demo.otherPort(options.port, new URL(served.url).port)}\n`)
    return served
  }
}

function announceFirst(verb: Verb, view: NodeView): void {
  const stop = view.subscribe((batch) => {
    if (batch.count === 0) return
    stop()
    verb.io.err(`${verb.words.demo.firstStored((performance.now() / 1000).toFixed(1))}\n`)
  })
}

function summarise(verb: Verb, options: DemoOptions, connections: readonly ConnectionHealth[], plantFailed: boolean): Exit {
  const words = verb.words.demo
  const sampled = connections.filter(({ records }) => !records)
  const rows = sampled.map(({ name, kind, signals, read, stored, good, uncertain, bad, gaps }) => ({
    connection: name,
    kind,
    signals,
    read,
    stored,
    good,
    uncertain,
    bad,
    gaps,
  }))
  const total = (key: 'signals' | 'read' | 'stored' | 'good' | 'uncertain' | 'bad' | 'gaps') => rows.reduce((sum, row) => sum + row[key], 0)
  const all = {
    connection: words.total,
    kind: '',
    signals: total('signals'),
    read: total('read'),
    stored: total('stored'),
    good: total('good'),
    uncertain: total('uncertain'),
    bad: total('bad'),
    gaps: total('gaps'),
  }
  const ofRecords = recordLines(verb, connections)
  const result = [...rows, ...connections.flatMap(({ name, kind, records }) => (records ? [{ connection: name, kind, records }] : []))]
  writeResult(
    verb.io,
    options.output,
    result,
    () =>
      `${table(
        [
          { title: words.connection, cell: (row) => row.connection },
          { title: words.kind, cell: (row) => row.kind },
          { title: words.signals, cell: (row) => String(row.signals), right: true },
          { title: words.read, cell: (row) => String(row.read), right: true },
          { title: words.stored, cell: (row) => String(row.stored), right: true },
          { title: words.good, cell: (row) => String(row.good), right: true },
          { title: words.uncertain, cell: (row) => String(row.uncertain), right: true },
          { title: words.bad, cell: (row) => String(row.bad), right: true },
          { title: words.gaps, cell: (row) => String(row.gaps), right: true },
        ],
        [...rows, all],
      )}${ofRecords.map(({ text }) => `\n${text}`).join('')}`,
  )
  if (all.stored === 0) verb.io.err(`${words.nothingStored}\n`)
  return all.stored === 0 || plantFailed ? EXIT.failed : EXIT.ok
}

/** Best effort: where there is no browser the printed link remains. */
function openBrowser(url: string): void {
  const [command, ...args] =
    process.platform === 'darwin' ? ['open', url] : process.platform === 'win32' ? ['explorer', url] : ['xdg-open', url]
  const child = spawn(command as string, args, { stdio: 'ignore', detached: true })
  child.on('error', () => undefined)
  child.unref()
}
