import { type LedgerAnswer, type LedgerRow, ledgerAnswer } from '../api/ledger-schemas.ts'
import { type ClientOptions, connectClient } from './client.ts'
import { type CommonOptions, EXIT, type Exit, type Verb } from './context.ts'
import { paint, printable, table, writeResult } from './output.ts'

export interface LedgerOptions extends CommonOptions, ClientOptions {
  readonly from?: string
  readonly to?: string
  readonly connection?: string
  readonly signals?: string
  readonly limit: number
}

/** `ecluse ledger`: what became of all that was read, of connections or of a group of signals; 1 when a sum does not close. */
export async function ledger(verb: Verb, options: LedgerOptions): Promise<Exit> {
  const client = await connectClient(verb, options)
  const words = verb.words.ledger
  const { from, to, connection, signals, limit } = options
  const query = {
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(connection !== undefined && { connection }),
    ...(signals !== undefined && { signals }),
    limit: String(limit),
  }
  const found = await client.get('/api/v1/ledger', query, ledgerAnswer)
  writeResult(verb.io, options.output, found, () => {
    const period = found.from !== undefined && found.to !== undefined ? words.period(found.from, found.to) : words.since
    if (found.signals) return `${signalsText(verb, found.signals)}${found.from === undefined ? '' : `\n${period}`}`
    if (found.rows.length === 0) return `${words.none}, ${period}`
    const open = found.rows.filter(({ off }) => off !== 0).length
    return [rowsText(verb, found.rows), `${open === 0 ? words.allClosed : words.notClosed(open)}, ${period}`]
      .concat(found.rows.some(({ connection }) => connection === '') ? [words.lostUnseen] : [])
      .concat(found.truncated ? [words.more(limit)] : [])
      .join('\n')
  })
  // What nobody knows is said, and is no finding.
  const isOff = found.signals ? found.signals.sums.some(({ state }) => state === 'off') : !found.closes
  return isOff ? EXIT.failed : EXIT.ok
}

function rowsText(verb: Verb, rows: readonly LedgerRow[]): string {
  const words = verb.words.ledger
  const { bad } = paint(verb.io.colour.out)
  const [head, ...lines] = table<LedgerRow>(
    [
      { title: words.node, cell: ({ node }) => printable(node) },
      { title: words.connection, cell: ({ connection }) => (connection === '' ? words.unknownConnection : printable(connection)) },
      { title: words.destination, cell: ({ destination }) => words.destinations[destination] ?? destination },
      { title: words.sum, cell: (row) => equation(verb, row) },
      { title: words.result, cell: ({ off }) => (off === 0 ? words.closed : words.off(amount(verb, off))) },
    ],
    rows,
  ).split('\n')
  return [head, ...lines.map((line, i) => (rows[i]?.off === 0 ? line : bad(line)))].join('\n')
}

type SignalSums = NonNullable<LedgerAnswer['signals']>

function signalsText(verb: Verb, { sums, from, to, fromTime }: SignalSums): string {
  const words = verb.words.ledger
  const number = (count: number) => amount(verb, count)
  if (sums.length === 0) return words.none
  const state = ({ state: is, off, droppedOfConnection }: SignalSums['sums'][number]) => {
    if (is === 'not-told-apart') return words.notToldApart(number(droppedOfConnection))
    return is === 'closed' ? words.closed : words.off(number(off))
  }
  const lines = table<SignalSums['sums'][number]>(
    [
      { title: words.node, cell: ({ node }) => printable(node) },
      { title: words.connection, cell: ({ connection }) => (connection === '' ? words.unknownConnection : printable(connection)) },
      { title: words.signals, cell: ({ signals }) => number(signals), right: true },
      {
        title: words.sum,
        cell: ({ logged, delivered, pending }) =>
          `${words.inLog} ${number(logged)} = ${words.delivered} ${number(delivered)} + ${words.pending} ${number(pending)}`,
      },
      { title: words.result, cell: state },
    ],
    sums,
  )
  const off = sums.filter((one) => one.state === 'off')
  const named = off.map(
    ({ connection, signalsOff, examples }) =>
      `${printable(connection)}: ${words.signalsOff(number(signalsOff), examples.map((id) => printable(id)).join(', '))}`,
  )
  const isPartly = sums.some((one) => one.state === 'not-told-apart')
  const verdict = off.length > 0 ? words.notClosed(off.length) : isPartly ? words.partly : words.allClosed
  return [lines, ...named, verdict, words.range(number(from), number(to), fromTime ?? '-')].join('\n')
}

const amount = ({ language }: Verb, count: number): string => count.toLocaleString(language)

/** `read 12 samples = delivered 10 + dropped 2 (flood 2) + pending 0`; what is nothing is left out, but for the two ends. */
function equation(verb: Verb, row: LedgerRow): string {
  const words = verb.words.ledger
  const number = (count: number) => amount(verb, count)
  const byReason = (name: string, counts: Readonly<Record<string, number>>) => {
    const reasons = Object.entries(counts)
    if (reasons.length === 0) return []
    const sum = reasons.reduce((all, [, count]) => all + count, 0)
    return [`${name} ${number(sum)} (${reasons.map(([reason, count]) => `${printable(reason)} ${number(count)}`).join(', ')})`]
  }
  const parts = [
    `${words.delivered} ${number(row.delivered)}`,
    ...(row.known === 0 ? [] : [`${words.known} ${number(row.known)}`]),
    ...byReason(words.quarantined, row.quarantined),
    ...byReason(words.dropped, row.dropped),
    `${words.pending} ${number(row.pending)}`,
  ]
  return `${words.read} ${number(row.read)} ${words.units[row.unit]} = ${parts.join(' + ')}`
}
