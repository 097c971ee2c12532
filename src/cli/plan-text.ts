import type { ConfigurationPlan } from '../run/planning/index.ts'
import type { Verb } from './context.ts'
import { paint, table } from './output.ts'

type Planned = ConfigurationPlan['changes'][number]
type Consequence = ConfigurationPlan['breaks'][number]

/** Characters of a value that is shown. */
const VALUE_LENGTH = 60

/** A plan for people: what changes, then what breaks, worst first; then who is to be told. */
export function planText(verb: Verb, plan: ConfigurationPlan): string {
  const words = verb.words.plan
  const { bad, bold } = paint(verb.io.colour.out)
  const head = words.from(plan.before, plan.after)
  if (plan.changes.length === 0) return `${head}\n${words.same}`
  return [
    head,
    table<Planned>(
      [
        { title: words.change, cell: (one) => saidOf(verb, one) },
        { title: words.breaks, cell: ({ breaks }) => byKind(verb, breaks) },
        { title: words.changes, cell: ({ changes }) => byKind(verb, changes) },
      ],
      plan.changes,
    ),
    plan.breaks.length === 0 ? words.nothingBreaks : bad(breaksText(verb, plan.breaks)),
    plan.touches.length === 0 ? words.noNumbers : words.numbers(byKind(verb, plan.touches)),
    ...(plan.contracts.length > 0 ? [contractsText(verb, plan.contracts)] : []),
    ...(plan.people.length > 0 ? [peopleText(verb, plan.people)] : []),
    ...(plan.recompute.length > 0
      ? [`${bold(words.recompute)}\n${plan.recompute.map((name) => name.slice(name.indexOf(':') + 1)).join('\n')}`]
      : []),
    ...(plan.load.length > 0 ? [loadText(verb, plan.load)] : []),
  ].join('\n\n')
}

function saidOf({ words: { plan: words } }: Verb, { is, kind, ids, keys }: Planned): string {
  const what = ids.length === 1 ? String(ids[0]) : `${words.several(ids.length)}${ids[0]}`
  const value = (one: unknown) => (one === undefined ? words.nothing : JSON.stringify(one).slice(0, VALUE_LENGTH))
  const how = keys.map(({ key, before, after }) =>
    before === undefined && after === undefined ? key : `${key} ${value(before)} → ${value(after)}`,
  )
  return `${words[is]} ${words.kinds[kind]} ${what}${how.length > 0 ? `: ${how.join(', ')}` : ''}`
}

/** `3 signals, 1 KPI`. */
function byKind({ words: { plan: words } }: Verb, list: readonly Consequence[]): string {
  const counts = new Map<Consequence['node']['kind'], number>()
  for (const { node } of list) counts.set(node.kind, (counts.get(node.kind) ?? 0) + 1)
  return [...counts].map(([kind, count]) => words.counted(count, kind)).join(', ') || '-'
}

function breaksText({ words: { plan: words } }: Verb, breaks: ConfigurationPlan['breaks']): string {
  return table<Consequence>(
    [
      { title: words.whatBreaks, cell: ({ node }) => words.kinds[node.kind] },
      { title: '', cell: ({ node }) => node.id },
      { title: words.why, cell: ({ why, detail }) => words.reasons[why](detail) },
    ],
    breaks,
  )
}

function contractsText({ words }: Verb, contracts: ConfigurationPlan['contracts']): string {
  const { plan, contract } = words
  return table(
    [
      { title: plan.contracts, cell: ({ id, version }) => `${id} ${version}` },
      { title: '', cell: ({ isBroken }) => (isBroken ? plan.broken : plan.kept) },
      { title: plan.otOwner, cell: ({ otOwner }) => otOwner ?? '-' },
      { title: plan.itOwner, cell: ({ itOwner }) => itOwner ?? '-' },
      {
        title: plan.change,
        cell: ({ changes }) =>
          changes.map(({ where, kind }) => `${where === '' ? '' : `${where}: `}${contract.kinds[kind]}`).join(', ') || '-',
      },
    ],
    contracts,
  )
}

function peopleText({ words: { plan: words } }: Verb, people: ConfigurationPlan['people']): string {
  return table(
    [
      { title: words.tell, cell: ({ name }) => name },
      { title: words.role, cell: ({ roles }) => roles.map((role) => words.roles[role]).join(', ') },
      { title: words.breaks, cell: ({ breaks }) => String(breaks.length), right: true },
      { title: words.changes, cell: ({ changes }) => String(changes.length), right: true },
    ],
    people,
  )
}

function loadText({ words: { plan: words } }: Verb, load: ConfigurationPlan['load']): string {
  type Row = ConfigurationPlan['load'][number]
  const both = (row: Row, of: (load: NonNullable<Row['before']>) => number | undefined) => {
    const [a, b] = [row.before && of(row.before), row.after && of(row.after)]
    return `${a ?? '-'} → ${b ?? '-'}`
  }
  return table<Row>(
    [
      { title: words.connection, cell: ({ connection }) => connection },
      { title: words.signals, cell: (row) => both(row, ({ signals }) => signals) },
      { title: words.readings, cell: (row) => both(row, ({ readingsPerSecond }) => readingsPerSecond) },
      { title: words.requests, cell: (row) => both(row, ({ requestsPerSecond }) => requestsPerSecond) },
    ],
    load,
  )
}
