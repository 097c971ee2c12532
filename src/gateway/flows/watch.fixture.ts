import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { AuditEvent } from '../../core/audit.ts'
import { type Observation, SELF } from '../../core/flows.ts'
import { silent } from '../../core/log.ts'
import { ManualClock } from '../../core/manual-clock.ts'
import { parseTime } from '../../core/time.ts'
import { signerOf } from '../../lib/signed.ts'
import { FlowWatch, type WatchParts } from './watch.ts'

export const START = parseTime('2026-11-27T08:00:00Z')
export const testSigner = signerOf(generateKeyPairSync('ed25519').privateKey)

/** A watch over a directory of its own, with a clock that is moved by hand. */
export async function openWatch(t: TestContext, more: Partial<WatchParts> = {}) {
  const directory = more.directory ?? (await mkdtemp(join(tmpdir(), 'ecluse-flows-')))
  t.after(() => rm(directory, { recursive: true, force: true }))
  const clock = more.clock ?? new ManualClock(START)
  const audited: AuditEvent[] = []
  const record = async (event: AuditEvent) => void audited.push(event)
  const parts: WatchParts = {
    ...{ directory, signer: testSigner, clock, log: silent, audit: { record, note: record }, canaries: [], resolveAfter: 86_400_000_000 },
    declared: {
      policy: { zones: [], conduits: [] },
      judge: () => ({
        crossing: { from: undefined, to: undefined, transport: '', direction: 'pull' },
        decision: { permitted: true, reason: 'no-zones', path: [] },
      }),
    },
    isOwn: (address) => address === SELF,
    ownerOf: () => undefined,
    ...more,
  }
  return { watch: await FlowWatch.open(parts), clock: clock as ManualClock, audited, directory, parts }
}

/** A poll of a meter by its HMI, seen on the wire. */
export const poll = (time: number, more: Partial<Observation> = {}): Observation => ({
  ...{ time, via: 'sensor:span', source: '10.0.0.9', destination: '10.0.0.5', port: 502, protocol: 'modbus' },
  ...{ service: '3', unit: 1, address: 100, addresses: 10, sentBytes: 12, receivedBytes: 29 },
  ...more,
})
