import type { AuditEntryView, AuditList, Evidence, VerifyStateView } from '../../src/api/schemas.ts'

/** `sound`: nothing is wrong; `tampered`: a verification finds a record altered, and the audit log is full. */
export type FixtureEvidence = 'sound' | 'tampered'

const HOUR_MS = 3_600_000
const RUN_MS = 1_500
const SEGMENTS = 12
const hash = (n: number): string => n.toString(16).padStart(64, '0')
const iso = (ms: number): string => new Date(ms).toISOString()

/** What a node says of its evidence, in memory. */
export function createEvidence(kind: FixtureEvidence) {
  let began: number | undefined
  const kinds = ['sign-in', 'denial', 'root', 'configuration', 'release'] as const
  const entry = (n: number, now: number): AuditEntryView => ({
    ...{ n, time: iso(now - (60 - n) * 60_000), kind: kinds[n % kinds.length] ?? 'sign-in' },
    ...{ outcome: n % 5 === 1 ? 'refused' : 'done', who: 'ada', from: '192.0.2.7', what: 'GET /api/v1/audit' },
    ...(n % 5 === 2 && { detail: { root: hash(n), from: 1, to: 900 } }),
    ...(n % 10 === 1 && { count: 15 }),
  })
  const period = (now: number, back: number) => ({
    hour: iso((Math.floor(now / HOUR_MS) - back) * HOUR_MS),
    from: 1000 - back * 10,
    to: 1009 - back * 10,
    root: hash(back),
  })
  return {
    view: (now: number): Evidence => ({
      ...{ node: 'node-1', key: hash(7), publicKey: '-----BEGIN PUBLIC KEY-----', leafBytes: 4096 },
      head: { sequence: 12_345, hash: hash(9), signedTime: iso(now - 20_000), firstSequence: 1 },
      streams: [
        { node: 'node-1', epoch: 1, open: period(now, 0), recent: [period(now, 1), period(now, 2)] },
        { node: 'cell-4', epoch: 2, open: period(now, 0), recent: [period(now, 1)] },
      ],
      audit: {
        ...{ entry: 60, hash: hash(8), signedEntry: 58, signedTime: iso(now - 20_000), reservedBytes: 2 ** 20 },
        ...(kind === 'tampered' && { problem: 'the reserve of the audit log is used up' }),
        forwards: [
          {
            to: 'tls://logs.example:6514',
            format: 'syslog',
            sent: 57,
            waiting: 3,
            lost: 0,
            ...(kind === 'tampered' && { problem: 'no connection' }),
          },
        ],
      },
    }),
    begin: (now: number): VerifyStateView => {
      began = now
      return { startedTime: iso(now), segments: 0, done: 0, records: 0 }
    },
    state: (now: number): VerifyStateView | undefined => {
      if (began === undefined) return undefined
      const share = Math.min(1, (now - began) / RUN_MS)
      const progress = {
        startedTime: iso(began),
        segments: SEGMENTS,
        done: Math.floor(SEGMENTS * share),
        records: Math.floor(12_345 * share),
      }
      if (share < 1) return progress
      const spool = {
        node: 'node-1',
        epoch: 1,
        segments: SEGMENTS,
        records: 12_345,
        samples: 99_000,
        firstSequence: 1,
        lastSequence: 12_345,
      }
      const result = {
        ...{ key: hash(7), roots: 2, audit: { entries: 60, firstEntry: 1, lastEntry: 60, unsignedEntries: 2 } },
        spool: { ...spool, signedTime: now * 1000, isStopped: false, lateSegments: 1, unsignedRecords: 40 },
        ...(kind === 'tampered' && {
          tampered: { part: 'spool' as const, kind: 'altered', file: '0000000004.seg', sequence: 4_321, what: 'record 4321 is damaged' },
        }),
      }
      return { ...progress, finishedTime: iso(began + RUN_MS), result }
    },
    audit: (search: URLSearchParams, now: number): AuditList => {
      const asked = search.get('kind')
      const all = Array.from({ length: 60 }, (_, i) => entry(60 - i, now))
      return { entries: all.filter((one) => !asked || one.kind === asked), truncated: !asked }
    },
  }
}
