import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { z } from 'zod'
import { until } from '../bench/node.ts'
import { startApi } from '../src/api/index.ts'
import { type Passport, type PassportHop, passport as shape } from '../src/api/passport-schemas.ts'
import { loadConfig } from '../src/config/index.ts'
import { BatchBuilder } from '../src/core/batch.ts'
import type { Connector } from '../src/core/connector.ts'
import type { Transport } from '../src/core/link.ts'
import { silent } from '../src/core/log.ts'
import { systemClock } from '../src/core/time.ts'
import { startNode } from '../src/run/node.ts'
import { Exchange } from './exchange.ts'

/** A passport asked for at a hub, of what an edge measured: it names the way, and what of it is dead. */

const LIMIT_MS = 30_000
const SIGNAL = 't/line/current'

/** Ten readings a second. */
const slow: Connector = {
  kind: 'slow',
  label: { fr: 'lent', en: 'slow' },
  config: z.strictObject({}),
  async *check() {},
  source: (_config, { clock, signals, connection }) => {
    let id = 0
    return {
      counters: { dropped: {} },
      connect: async () => {
        id = signals.define({ id: SIGNAL, connection, address: 'a', dataType: 'number', unit: 'A' })
      },
      close: async () => undefined,
      read: async (stop) => {
        await clock.sleep(100, stop)
        stop.throwIfAborted()
        const builder = new BatchBuilder()
        builder.push(id, clock.now(), 5, 0)
        return { batch: builder.build(clock.now()) }
      },
    }
  },
}

async function start(t: TestContext, directory: string, role: 'edge' | 'hub', transport: Transport, device?: Connector) {
  const file = join(directory, `${role}.yaml`)
  const connections = device ? 'connections:\n  c: { kind: slow }\n' : ''
  const data = join(directory, role)
  writeFileSync(
    file,
    `version: 1\nsite: { id: t }\nnode: { id: ${role}, role: ${role} }\ndata: ${data}\nhistorian: { commitInterval: 20ms }\n${connections}`,
  )
  const loaded = await loadConfig(file, { connectors: device ? [device] : [], env: {} })
  const node = await startNode(loaded, { clock: systemClock, log: silent, random: Math.random, version: '0', transport })
  t.after(() => node.stop())
  return { node, data }
}

test('at the hub a passport names the edge, the link and both delays; a cut link is named as dead', { timeout: 90_000 }, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'ecluse-passport-link-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  const exchange = new Exchange()
  const hub = await start(t, directory, 'hub', exchange.listener())
  await start(t, directory, 'edge', exchange.dialler('edge'), slow)
  const api = await startApi(hub.node.view, { host: '127.0.0.1', port: 0, directory: hub.data, webDirectory: directory, log: silent })
  t.after(() => api.close())
  const authorization = `Bearer ${readFileSync(join(hub.data, 'local-token'), 'utf8').trim()}`
  const ask = async (): Promise<Passport> => {
    const answer = await fetch(`${api.url}/api/v1/passport?${new URLSearchParams({ signal: SIGNAL })}`, { headers: { authorization } })
    return shape.parse(await answer.json())
  }
  const hop = ({ chain }: Passport, kind: PassportHop['kind']) => chain.find((one) => one.kind === kind)
  const { historian } = hub.node.view
  await until('something of the edge is stored at the hub', LIMIT_MS, async () => (await historian.stats()).samples > 5)
  await until('its way is known', LIMIT_MS, async () => hop(await ask(), 'link')?.delaySeconds !== undefined)
  const whole = await ask()
  const [log, link, connection] = [hop(whole, 'log'), hop(whole, 'link'), hop(whole, 'connection')]
  assert.deepEqual([log?.name, log?.state, log?.details.node], ['edge', 'whole', 'edge'])
  assert.deepEqual([link?.name, link?.state, link?.details.liveness, link?.details.certificate], ['edge → hub', 'whole', 'live', '01'])
  for (const one of [log, link]) assert.ok((one?.delaySeconds ?? -1) >= 0 && one?.lastSeen !== undefined, JSON.stringify(one))
  assert.deepEqual(
    [connection?.name, connection?.state, connection?.problem, connection?.details.node],
    ['c', 'absent', 'seen-at-node', 'edge'],
  )

  exchange.isCut = true
  let cut = whole
  await until('the edge is silent', LIMIT_MS, async () => {
    cut = await ask()
    return hop(cut, 'link')?.state === 'dead'
  })
  assert.equal(hop(cut, 'link')?.problem, 'node-silent')
  assert.notEqual(cut.verdict, 'yes')
  assert.ok(
    cut.reasons.some(({ code, about }) => code === 'dead-link' && about?.includes('edge')),
    JSON.stringify(cut.reasons),
  )
  assert.ok(hop(cut, 'link')?.lastSeen !== undefined, 'when it was last heard')

  exchange.isCut = false
  await until('the link is whole again', LIMIT_MS, async () => hop(await ask(), 'link')?.state === 'whole')
})
