import { type Beginning, defineSignals, newStream } from '../../continuity/ledger/index.ts'
import type { Historian } from '../../core/historian.ts'
import type { SignalTable } from '../../core/signals.ts'
import type { Spool } from '../../core/spool.ts'
import type { HoleFound } from '../holes.ts'

const GAPS_READ = 2_048
const QUERY_MS = 10_000
const ALL = { from: 0, to: 8_640_000_000_000_000 }

export interface BeginningParts {
  readonly spool: Spool
  /** Absent on a relay: it keeps no history. */
  readonly historian: Pick<Historian, 'accounts' | 'writers' | 'sql'> | undefined
  /** Records up to this sequence the historian has under an earlier epoch of this log. */
  readonly storedTo: number
  readonly signals: SignalTable
}

/** Without a ledger of before: what the historian has is taken as delivered, and counting begins behind it. */
export async function beginning({ spool, historian, storedTo, signals }: BeginningParts): Promise<Beginning> {
  const own = newStream(spool.node, spool.epoch)
  for (let index = 0; index < signals.size; index++) {
    const definition = signals.at(index)
    if (definition) defineSignals(own, [[index, definition]])
  }
  const { checkpoints, rows } = historian ? await historian.accounts(ALL) : { checkpoints: [], rows: [] }
  const stored = checkpoints.find(({ node, epoch }) => node === spool.node && epoch === spool.epoch)?.sequence
  const writers = historian ? await historian.writers() : []
  const others = spool.streams().map(({ node, epoch, sequence }) => {
    const stream = newStream(node, epoch, checkpoints.find((one) => one.node === node && one.epoch === epoch)?.sequence ?? sequence)
    for (const [index, id] of writers.find((one) => one.node === node && one.epoch === epoch)?.signals ?? []) {
      const known = signals.indexOf(id)
      const definition = known === undefined ? undefined : signals.at(known)
      if (definition) defineSignals(stream, [[index, definition]])
    }
    return stream
  })
  const sequence = Math.max(stored ?? spool.stats().firstSequence - 1, storedTo)
  return { sequence, own, others, delivered: rows }
}

/** What the historian missed between the last save and a crash: it has noted that itself. */
export async function missedBefore(
  reached: number,
  historian: Pick<Historian, 'sql'>,
  { node, epoch }: Spool,
  missed: (holes: readonly HoleFound[]) => Promise<void>,
): Promise<void> {
  for (let after = '(0, 0)'; ; ) {
    const { rows } = await historian.sql(
      `SELECT first_sequence, last_sequence, cause FROM gaps WHERE node = '${node.replaceAll("'", "''")}' AND epoch = ${epoch}
       AND last_sequence > ${reached} AND cause <> 'signals without a definition' AND (first_sequence, last_sequence) > ${after} ORDER BY 1, 2`,
      { maxRows: GAPS_READ, timeoutMs: QUERY_MS },
    )
    await missed(rows.map(([from, to, cause]) => ({ from: Number(from), to: Number(to), cause: String(cause) })))
    if (rows.length < GAPS_READ) return
    const [from, to] = rows.at(-1) as unknown[]
    after = `(${Number(from)}, ${Number(to)})`
  }
}
