import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '../bench/node.ts'
import { systemClock } from '../src/core/time.ts'
import { dropImport } from '../src/gateway/diode/take-imports.ts'
import { exportRecords } from '../src/gateway/spool/export.ts'
import { findLog, walk } from '../src/gateway/spool/walk.ts'
import { type Gateway, killAll, type Member, withGateway } from './gateway.ts'
import { FAIR, type LossyUdp, startLossyUdp, type Weather } from './lossy-udp.ts'
import { faultsOf } from './oracle.ts'
import { type Form, ofLong, type Row } from './row.ts'
import { seeded } from './seeded.ts'

/** An edge that sends one way to a hub, through a forwarder that loses, doubles and delays datagrams. */
export const title = 'One-way link'
export const ofGateway = true

const LIMIT_MS = 60_000
const DECLARED_MS = 5_000
const LOOK_MS = 20
const CARRIED_REPAIR = 0.01
const KEY = 'ECLUSE_FAULTS_DIODE_KEY'
/** `repair` is `diode.loss` of the sender: the share of datagrams it makes up for. */
const members = (repair: number): readonly Member[] => [
  {
    ...{ name: 'hub', role: 'hub' },
    link: ({ own }) => `transport: diode, listen: { port: ${own} }, diode: { senders: [{ sender: 1, node: edge, key: "\${env:${KEY}}" }] }`,
  },
  {
    ...{ name: 'edge', role: 'edge', to: 'hub', device: 'batch: 1000, period: 20' },
    link: ({ next }) => `transport: diode, to: "127.0.0.1:${next}", diode: { loss: ${repair}, key: "\${env:${KEY}}" }`,
  },
]

export async function run(form: Form): Promise<Row[]> {
  process.env[KEY] = randomBytes(32).toString('base64')
  const batches = form === 'short' ? 200 : ofLong(5_000)
  const mixed = { doubled: 0.05, late: 0.1 }
  const losses = form === 'short' ? [0.05] : [0, 0.01, 0.03, 0.05]
  const rows: Row[] = []
  for (const loss of losses) rows.push(await repaired({ ...mixed, loss }, batches))
  rows.push(await carried({ ...mixed, loss: 0.3 }, batches))
  return rows
}

const told = ({ loss, doubled, late }: Weather) => `${loss * 100} % lost, ${doubled * 100} % doubled, ${late * 100} % late by up to 60 ms`

/** What the code for repair must bring back all of. */
async function repaired(weather: Weather, batches: number): Promise<Row> {
  return withGateway(members(0.05), async (gateway) => {
    const path = await sent(gateway, weather, batches)
    try {
      const declared = gapsOf(gateway).length
      await gateway.settle()
      const verdict = await gateway.verdict('edge')
      const faults = faultsOf(verdict)
      return {
        fault: `one way, ${weather.loss * 100} % loss`,
        method: `UDP forwarder between the processes: ${told(weather)}`,
        runs: 1,
        target: 'undelivered 0, stored twice 0, out of order 0',
        figure: `${faults || 'lost 0, twice 0'}, ${declared} gaps, of ${verdict.acknowledged.toLocaleString('en')} acknowledged; ${path.counters.lost} of ${path.counters.received} datagrams lost`,
        met: faults === '' && declared === 0 && gapsOf(gateway).length === 0 && verdict.acknowledged > 0,
      }
    } finally {
      await path.close()
    }
  })
}

/** Far more than can be repaired: what is missing is declared in time, and a file carried by hand brings exactly that. */
async function carried(weather: Weather, batches: number): Promise<Row> {
  return withGateway(members(CARRIED_REPAIR), async (gateway) => {
    const declared = new Map<number, number>()
    const path = await sent(gateway, weather, batches, () => note(gateway, declared))
    try {
      const [slowest, missing] = await slowestDeclared(gateway, declared)
      await gateway.settle(async () => {
        const log = await logOf(gateway)
        const file = join(gateway.folder, 'carried.ecx')
        await exportRecords(
          log,
          gapsOf(gateway).map(({ from, to }) => ({ from, to })),
          file,
          systemClock.now(),
        )
        await dropImport(file, join(gateway.data('hub'), 'imports'))
        await until('the gaps are closed', LIMIT_MS, () => gapsOf(gateway).length === 0)
      })
      // What was carried comes behind later ones, and is meant to.
      const verdict = { ...(await gateway.verdict('edge')), reordered: 0 }
      const faults = faultsOf(verdict)
      return {
        fault: `one way, ${weather.loss * 100} % loss`,
        method: `diode.loss ${CARRIED_REPAIR} (with the default a block this small survives); UDP forwarder: ${told(weather)}; then the records of the gaps in a file carried by hand`,
        runs: 1,
        target: `every gap declared ≤ ${DECLARED_MS / 1000} s after its record was written, then closed exactly; stored twice 0`,
        figure: `${missing} records missing, declared after ${(slowest / 1000).toFixed(1)} s at most; after the file ${faults || 'lost 0, twice 0'} of ${verdict.acknowledged.toLocaleString('en')}`,
        met: faults === '' && missing > 0 && slowest <= DECLARED_MS && verdict.acknowledged > 0,
      }
    } finally {
      await path.close()
    }
  })
}

/** Lets the edge send through the weather, `look` meanwhile, and stops both ends. */
async function sent(gateway: Gateway, weather: Weather, batches: number, look = () => {}): Promise<LossyUdp> {
  const path = await startLossyUdp(gateway.port('hub'), seeded(process.env.ECLUSE_SEED ?? 'diode'))
  gateway.reroute('edge', path.port)
  const hub = await gateway.start('hub')
  // Nobody would say again what came before it listens.
  await hub.report()
  const edge = await gateway.start('edge')
  const looking = setInterval(look, LOOK_MS)
  try {
    const reached = async () => (await hub.report()).remotes[0]?.sequence ?? 0
    await until('records at the hub', LIMIT_MS, async () => (await reached()) > 20)
    Object.assign(path.weather, weather)
    const enough = edge.acknowledged() + batches
    await until('acknowledgements', LIMIT_MS + batches * 20, () => edge.isOver() || edge.acknowledged() > enough)
    // Fair again, so that the end of it is known there too; what the weather took is not sent again.
    Object.assign(path.weather, FAIR)
    const { lastSequence } = await edge.report()
    await until('later records at the hub', LIMIT_MS, async () => (await reached()) > lastSequence)
    await edge.stop()
    const end = await endOf(gateway)
    await until('the end of the log at the hub', LIMIT_MS, async () => (await reached()) === end)
    await hub.stop()
    return path
  } catch (error) {
    await path.close()
    throw error
  } finally {
    clearInterval(looking)
    await killAll(edge, hub)
  }
}

interface Gap {
  readonly from: number
  readonly to: number
}

function gapsOf(gateway: Gateway): Gap[] {
  const file = join(gateway.data('hub'), 'link', 'gaps.json')
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { gaps: Gap[] }).gaps : []
}

/** When each missing record was first seen to be declared, milliseconds since 1970. */
function note(gateway: Gateway, declared: Map<number, number>): void {
  const now = Date.now()
  for (const { from, to } of gapsOf(gateway)) {
    for (let sequence = from; sequence <= to; sequence++) if (!declared.has(sequence)) declared.set(sequence, now)
  }
}

/** The longest time from writing a record to the word that it is missing, milliseconds; and how many are. */
async function slowestDeclared(gateway: Gateway, declared: ReadonlyMap<number, number>): Promise<[number, number]> {
  let slowest = 0
  let missing = 0
  const gaps = gapsOf(gateway)
  for await (const step of walk(await logOf(gateway), 1, Number.MAX_SAFE_INTEGER)) {
    if (step.what !== 'record') continue
    const { sequence, recordedTime } = step.record
    if (!gaps.some(({ from, to }) => from <= sequence && sequence <= to)) continue
    missing++
    slowest = Math.max(slowest, (declared.get(sequence) ?? Number.POSITIVE_INFINITY) - recordedTime / 1000)
  }
  return [slowest, missing]
}

async function endOf(gateway: Gateway): Promise<number> {
  let end = 0
  for await (const step of walk(await logOf(gateway), 1, Number.MAX_SAFE_INTEGER)) if (step.what === 'record') end = step.record.sequence
  return end
}

async function logOf(gateway: Gateway) {
  const log = await findLog(join(gateway.data('edge'), 'spool'))
  if (!log) throw new Error('the edge has no log')
  return log
}
