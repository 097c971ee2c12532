import { stat } from 'node:fs/promises'
import { type AuditReport, type Period, Periods, verifyAudit } from '../../continuity/index.ts'
import type { Tampered, Verification } from '../../core/evidence.ts'
import { type SignedReport, verifySigned } from '../../gateway/index.ts'
import { machineFiles } from '../../lib/durable-files.ts'
import type { Verifier } from '../../lib/signed.ts'

/** Where the parts lie; a part that is absent is not looked for. */
export interface EvidencePlaces {
  readonly spool?: string | undefined
  readonly audit?: string | undefined
}

export interface Progress {
  readonly segments: number
  readonly done: number
  readonly records: number
}

/**
 * Holds a log and an audit log against the key: every signature, every link of both chains, and every root in the audit log whose records are all here. Stops at the
 * first thing that is wrong. Works on the files of a running node and on exported ones; changes nothing.
 */
export async function verifyEvidence(
  places: EvidencePlaces,
  verifier: Verifier,
  options: { readonly onProgress?: (progress: Progress) => void; readonly stop?: AbortSignal } = {},
): Promise<Verification> {
  const { key } = verifier
  const closed = new Map<string, Period>()
  let periods: Periods | undefined
  let epoch = 0
  const spool = places.spool
    ? await verifySigned(places.spool, verifier, {
        ...options,
        onHead: (head) => {
          epoch = head.epoch
          periods = new Periods(head.node, head.epoch)
        },
        onRecord: ({ sequence, recordedTime, hash }) => {
          const period = periods?.add(sequence, recordedTime, hash)
          if (period) closed.set(rootKey(period.epoch, period.from, period.to), period)
        },
      })
    : undefined
  const done = { key, roots: 0, ...(spool && { spool: spoolPart(spool) }) }
  if (spool?.tampering) return { ...done, tampered: { part: 'spool', ...spool.tampering } }
  if (!places.audit) return done
  let roots = 0
  let wrong: Tampered | undefined
  const report = await verifyAudit(places.audit, verifier, {
    files: machineFiles,
    anchor: spool?.head?.audit,
    onLine: ({ n, kind, detail }) => {
      if (kind !== 'root' || wrong || detail?.epoch !== epoch) return
      const period = closed.get(rootKey(epoch, Number(detail.from), Number(detail.to)))
      if (!period) return
      if (period.root === detail.root) roots++
      else {
        const what = `records ${period.from} to ${period.to} do not have the root that entry ${n} of the audit log names`
        wrong = { part: 'roots', kind: 'forged', file: places.spool ?? '', sequence: period.from, what }
      }
    },
  })
  const whole = { ...done, roots, audit: auditPart(report) }
  if (report.tampering) {
    const { file, what, entry } = report.tampering
    return { ...whole, tampered: { part: 'audit', kind: 'altered', file, what, ...(entry !== undefined && { sequence: entry }) } }
  }
  return { ...whole, ...(wrong && { tampered: wrong }) }
}

const rootKey = (epoch: number, from: number, to: number): string => `${epoch} ${from} ${to}`

function spoolPart(report: SignedReport): NonNullable<Verification['spool']> {
  const { node, epoch, segments, records, samples, firstSequence, lastSequence, headTime, isStopped, lateSegments, unsignedRecords } =
    report
  const counts = { segments, records, samples, firstSequence, lastSequence, lateSegments, unsignedRecords }
  return { node, epoch, ...counts, signedTime: headTime, isStopped }
}

function auditPart({ entries, firstEntry, lastEntry, unsignedEntries }: AuditReport): NonNullable<Verification['audit']> {
  return { entries, firstEntry, lastEntry, unsignedEntries }
}

export async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}
