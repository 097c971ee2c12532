import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { airportConfig } from '../airport/config.ts'
import { airportContracts } from '../airport/contracts.ts'
import type { Endpoints } from '../airport/fleet.ts'
import { upward } from '../airport/zones.ts'

/**
 * Edge, relay and hub on one machine: `node examples/three-nodes/run.ts [--for SECONDS] [--data DIR] [--diode]`. Starts the simulated airport, lets the relay enrol at
 * the hub and the edge at the relay, and runs all three as programs of their own, as they would be on three machines; with `--diode` an edge that sends one way
 * to a hub. Ctrl-C ends it.
 */
const { values } = parseArgs({ options: { for: { type: 'string' }, data: { type: 'string' }, diode: { type: 'boolean' } } })
const root = join(import.meta.dirname, '../..')
const ecluse = join(root, 'bin/ecluse.js')
const children: ChildProcess[] = []

async function main(): Promise<void> {
  const data = values.data ?? (await mkdtemp(join(tmpdir(), 'ecluse-three-nodes-')))
  const names = values.diode ? await startDiode(data) : await startTls(data)
  process.stdout.write(`${names.join(', ')} run; their files are in ${data}\n`)
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
    if (values.for) setTimeout(resolve, Number(values.for) * 1000)
  })
  await stopped
  for (const name of names) process.stdout.write(`\n${name}\n${await statusOf(join(data, name, 'ecluse.yaml'))}`)
  await stopAll()
}

async function startTls(data: string): Promise<string[]> {
  const [hubWeb, hubLink, relayWeb, relayLink, edgeWeb] = (await freePorts(5)) as [number, number, number, number, number]
  const hub = await place(data, 'hub', bare('hub-1', 'hub', hubWeb, `{ listen: { port: ${hubLink} }, nodes: { relay-1: { zone: dmz } } }`))
  const relay = await place(
    data,
    'relay',
    bare('relay-1', 'relay', relayWeb, `{ listen: { port: ${relayLink} }, zone: airport, nodes: { edge-1: { zone: operations } } }`),
  )
  const edge = await placeEdge(data, edgeWeb, 'link: { zone: dmz }\n')
  await enrol(hub, 'relay-1', relay, '--relay')
  await run('hub', hub)
  await enrol(relay, 'edge-1', edge)
  await run('relay', relay)
  await run('edge', edge)
  return ['edge', 'relay', 'hub']
}

/** Both ends are told the key beforehand: nobody answers, so nobody enrols. */
async function startDiode(data: string): Promise<string[]> {
  const [hubWeb, edgeWeb, link] = [...(await freePorts(2)), await freeDatagramPort()] as [number, number, number]
  const key = randomBytes(32).toString('base64')
  for (const name of ['hub', 'edge']) await store(join(data, name, 'diode.key'), key)
  const reference = `"\${file:diode.key}"`
  const senders = `[{ sender: 1, node: edge-1, key: ${reference} }]`
  const hub = await place(
    data,
    'hub',
    bare(
      'hub-1',
      'hub',
      hubWeb,
      `{ transport: diode, listen: { port: ${link} }, nodes: { edge-1: { zone: operations } }, diode: { senders: ${senders} } }`,
    ),
  )
  await run('hub', hub)
  const way = `link: { transport: diode, zone: airport, to: "127.0.0.1:${link}", diode: { key: ${reference} } }\n`
  await run('edge', await placeEdge(data, edgeWeb, way))
  return ['edge', 'hub']
}

/** Zones of the nodes, and the conduits between them: every node has all of them, so that both ends of each way are under one policy. */
const MORE_ZONES = `  dmz: { label: { fr: "Zone intermédiaire", en: "Demilitarised zone" }, level: 3.5, target: { IAC: 2, RDF: 3 }, owner: airport IT }
  airport: { label: { fr: "Aéroport", en: "Airport" }, level: 4, target: { IAC: 2, RDF: 2 }, owner: airport IT }
`
const WAYS = values.diode
  ? upward('terminal-to-airport', 'operations', 'airport', 'diode')
  : `${upward('terminal-to-dmz', 'operations', 'dmz', 'link')}${upward('dmz-to-airport', 'dmz', 'airport', 'link')}`

function bare(id: string, role: string, web: number, link: string): string {
  const zone = role === 'relay' ? 'dmz' : 'airport'
  const zones = `zones:\n  operations: { level: 3, owner: terminal manager }\n${MORE_ZONES}conduits:\n${WAYS}`
  return `version: 1\nsite: { id: t2e }\nnode: { id: ${id}, role: ${role}, zone: ${zone} }\nhttp: { port: ${web} }\nlink: ${link}\n${zones}`
}

/** The demo airport's own file, with another name and role. */
async function placeEdge(data: string, web: number, more = ''): Promise<string> {
  const plant = spawn(process.execPath, [join(root, 'examples/airport/plant.ts')], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(plant)
  const endpoints = JSON.parse((await firstLine(plant)).line) as Endpoints
  const text = airportConfig(endpoints, 1)
    .replace(/^node:\n {2}id: .*$/m, 'node:\n  id: edge-1\n  role: edge')
    .replace(/^conduits:$/m, `${MORE_ZONES}conduits:\n${WAYS.trimEnd()}`)
    .replace(/^ {2}port: 8480$/m, `  port: ${web}`)
  for (const [path, contract] of Object.entries(airportContracts())) await store(join(data, 'edge', path), contract)
  return place(data, 'edge', text + more)
}

async function place(data: string, name: string, text: string): Promise<string> {
  const file = join(data, name, 'ecluse.yaml')
  await store(file, text)
  return file
}

async function store(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, text)
}

/** What a person does: carries the token that the upper node made to the lower one. The upper node need not run to make it, only to honour it. */
async function enrol(upper: string, node: string, lower: string, ...more: string[]): Promise<void> {
  const { token } = JSON.parse(await tell(['node', 'add', node, ...more, '-c', upper, '-o', 'json'])) as { token: string }
  waiting.push(async () => void (await tell(['enroll', token, '-c', lower])))
}
const waiting: (() => Promise<void>)[] = []

/** Runs a node until this program ends; the nodes below enrol once it is there. */
async function run(name: string, file: string): Promise<void> {
  const child = spawn(process.execPath, [ecluse, 'run', file], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  child.once('exit', (code) => code && process.stderr.write(`${name} ended with exit code ${code}\n`))
  const { line, rest } = await firstLine(child)
  process.stdout.write(`${name}: ${line}\n${rest}`)
  child.stdout?.on('data', (text: Buffer) => process.stdout.write(text))
  for (const work of waiting.splice(0)) await work()
}

async function tell(args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [ecluse, ...args], { cwd: root })
  return stdout
}

/** `status` ends with 1 when something is abnormal, and says what; a slow machine may not answer in time, and that is no reason to fail. */
async function statusOf(file: string): Promise<string> {
  return tell(['status', '-c', file]).catch(
    ({ stdout, stderr, message }: { stdout?: string; stderr?: string; message: string }) => stdout || stderr || `${message}\n`,
  )
}

/** The first line that a program says, and what came with it. */
function firstLine(child: ChildProcess): Promise<{ line: string; rest: string }> {
  return new Promise((resolve, reject) => {
    let text = ''
    child.stdout?.on('data', (part: Buffer) => {
      text += part
      const end = text.indexOf('\n')
      if (end >= 0) resolve({ line: text.slice(0, end), rest: text.slice(end + 1) })
    })
    child.once('exit', (code) => reject(new Error(`ended with exit code ${code} before it said anything`)))
  })
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  const ports = await Promise.all(
    servers.map(
      (server) => new Promise<number>((resolve) => server.once('listening', () => resolve((server.address() as { port: number }).port))),
    ),
  )
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

async function freeDatagramPort(): Promise<number> {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  const { port } = socket.address()
  await new Promise<void>((resolve) => socket.close(() => resolve()))
  return port
}

/** From the edge on: each hands over what it has before the next one goes. */
async function stopAll(): Promise<void> {
  for (const child of children.reverse()) {
    if (child.exitCode !== null) continue
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    await gone
  }
}

await main().catch(async (error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  await stopAll()
  process.exitCode = 1
})
process.exit()
