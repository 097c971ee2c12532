import type { Passport, PassportHop, PassportReason, PassportVersion } from '../api/passport-schemas.ts'
import { EXIT, type Exit, type Verb } from './context.ts'
import { age, paint, printable, table } from './output.ts'

/** With a stated use the verdict is the exit code; without one, whether anything is known. */
export function passportExit(found: Passport): Exit {
  if (!found.use.isDeclared) return Object.keys(found.values).length > 0 ? EXIT.ok : EXIT.failed
  return found.verdict === 'yes' ? EXIT.ok : found.verdict === 'no' ? EXIT.refused : EXIT.withCare
}

/** A passport as text: verdict and reasons first, then the value, its times and owners, the chain hop by hop, and how it has changed. */
export function describePassport(verb: Verb, found: Passport): string {
  const words = verb.words.passport
  const { bad, warn, bold, dim } = paint(verb.io.colour.out)
  const { subject, use, verdict, reasons, knowledge, owners, contracts } = found
  const mark = verdict === 'no' ? bad('✗') : verdict === 'with-care' ? warn('!') : '✓'
  const name = subject.signal ?? `${subject.definition} ${subject.key ?? ''}${subject.value === undefined ? '' : ` · ${subject.value}`}`
  const used = use.label?.[verb.language] ?? use.label?.en ?? use.id
  const lines = [
    bold(printable(name.trim())),
    `${mark} ${words.verdict(printable(used), words.verdicts[verdict])}`,
    ...reasons.map((reason) => `  ${reason.verdict === 'no' ? bad('✗') : warn('!')} ${printable(sentence(verb, reason))}`),
    ...(use.isDeclared
      ? []
      : [
          dim(
            `  ${found.uses.length === 0 ? words.noUses : `${words.unstated}. ${words.uses(found.uses.map(({ id }) => id).join(', '))}`}`,
          ),
        ]),
    ...contracts
      .filter(({ says }) => says === 'permits')
      .map(({ contract, clause }) => `  ${printable(words.permits(contract, clause ?? ''))}`),
    '',
    ...values(verb, found),
    `  ${times(verb, found).join(' · ')}`,
    ...found.clocks.map(({ connection, method, uncertaintySeconds, offsetSeconds = 0 }) => {
      const known =
        method === 'own'
          ? words.ownClock
          : uncertaintySeconds === undefined
            ? words.unmeasured
            : `${offsetSeconds < 0 ? '−' : '+'}${span(Math.abs(offsetSeconds))} ± ${span(uncertaintySeconds)}`
      return `  ${printable(words.clock(connection, known))}`
    }),
    `  ${printable(words.owners(owners.ot.join(', ') || words.nobody, owners.it.join(', ') || words.nobody))}`,
    ...(knowledge.revision === undefined
      ? []
      : [`  ${words.revision(knowledge.revision, knowledge.revisions)}${knowledge.isNewest ? '' : ` · ${warn(words.superseded)}`}`]),
    '',
    bold(words.chain),
    ...found.chain.map((hop) => hopLine(verb, hop)),
    ...members(verb, found),
  ]
  if (found.versions.length > 1) lines.push('', bold(words.changes), changes(verb, found.versions))
  return lines.join('\n')
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`

/** Seconds as people say them. */
const span = (seconds: number): string => (seconds < 1 ? `${(seconds * 1000).toFixed(1)} ms` : age(seconds))

const SHARES: ReadonlySet<PassportReason['code']> = new Set<PassportReason['code']>(['coverage'])
const TIMES: ReadonlySet<PassportReason['code']> = new Set<PassportReason['code']>([
  'age',
  'age-unknown',
  'clock-uncertainty',
  'clock-unknown',
])

function sentence(verb: Verb, { code, about, found, limit }: PassportReason): string {
  const words = verb.words.passport
  const text = (value: string | number | undefined): string => {
    if (typeof value !== 'number') return value === undefined ? '' : ((words.problems as Record<string, string>)[value] ?? value)
    return SHARES.has(code) ? percent(value) : TIMES.has(code) ? span(value / 1e6) : String(value)
  }
  const kind = (words.kinds as Record<string, string>)[about ?? '']
  return words.reasons[code]({ about: kind ?? about ?? words.value, found: text(found), limit: text(limit) })
}

function values(verb: Verb, { values: all }: Passport): string[] {
  const words = verb.words.passport
  const entries = Object.entries(all)
  if (entries.length === 0) return [`  ${words.nothing}`]
  const single = entries.length === 1
  return entries.map(([name, { value, unit, status, statusCode, coverage, reasons }]) => {
    const parts = [
      `${single ? '' : `${name}: `}${value === null ? '-' : typeof value === 'number' ? Number(value.toPrecision(10)) : value}${unit === undefined ? '' : ` ${unit}`}`,
      status === 'Good' ? status : statusCode,
      ...(coverage === null ? [] : [words.coverage(percent(coverage))]),
      ...(reasons.length > 0 ? [reasons.join(', ')] : []),
    ]
    return `  ${printable(parts.join(' · '))}`
  })
}

function times(verb: Verb, { times: known, ageSeconds, subject }: Passport): string[] {
  const words = verb.words.passport
  const { source, to, received, recorded } = known
  const first = source === undefined ? [] : [subject.kind === 'sample' ? words.measured(source) : words.period(source, to ?? words.goesOn)]
  return [
    ...first,
    ...(received === undefined ? [] : [words.received(received)]),
    ...(recorded === undefined ? [] : [words.recorded(recorded)]),
    ...(ageSeconds === undefined ? [] : [words.age(span(ageSeconds))]),
  ]
}

const MARKS = { whole: '●', dead: '✗', absent: '○', unread: '◌' } as const

function hopLine(verb: Verb, hop: PassportHop): string {
  const words = verb.words.passport
  const { bad, dim } = paint(verb.io.colour.out)
  const { counts, worstStatus, lastSeen, delaySeconds, owners, details, problem, state } = hop
  const more = Object.entries(details).map(([name, value]) => `${words.details[name] ?? name} ${detail(name, value, words.detailValues)}`)
  const parts = [
    ...(problem ? [words.problems[problem]] : []),
    ...(counts ? [words.counts(counts)] : []),
    ...(worstStatus && worstStatus !== 'Good' ? [worstStatus] : []),
    ...(lastSeen ? [words.lastSeen(lastSeen)] : []),
    ...(delaySeconds === undefined ? [] : [words.delay(span(delaySeconds))]),
    ...(owners && owners.ot.length + owners.it.length > 0 ? [[...owners.ot, ...owners.it].join(' / ')] : []),
    ...more,
  ]
  const text = `${MARKS[state]} ${words.kinds[hop.kind]} ${hop.name}${hop.canExpand ? ` [${hop.id}]` : ''}`
  return `  ${printable(text)}${parts.length > 0 ? ` · ${(state === 'dead' ? bad : dim)(printable(parts.join(' · ')))}` : ''}`
}

/** Times in microseconds as people say them; the few words that the node uses in their own language. */
function detail(name: string, value: string | number, known: Readonly<Record<string, string>>): string {
  if (typeof value === 'number') return name.endsWith('Us') ? `${value < 0 ? '-' : ''}${span(Math.abs(value) / 1e6)}` : String(value)
  return known[value] ?? value
}

function members(verb: Verb, { members: list }: Passport): string[] {
  if (!list) return []
  const words = verb.words.passport
  const lines = list.members.map(({ name, samples, worstStatus, newest, revision, problem, reasons = [] }) => {
    const parts = [
      ...(samples === undefined ? [] : [words.counts({ samples })]),
      ...(worstStatus === undefined ? [] : [worstStatus]),
      ...(revision === undefined ? [] : [`rev ${revision}`]),
      ...(newest === undefined ? [] : [newest]),
      ...(problem ? [words.problems[problem]] : []),
      ...(reasons.length > 0 ? [reasons.join(', ')] : []),
    ]
    return `  ${printable([name, ...parts].join(' · '))}`
  })
  const { next, total } = list
  return ['', `${words.members} ${printable(list.hop)}`, ...lines, ...(next === undefined ? [] : [words.more(total - next, next)])]
}

function changes(verb: Verb, versions: readonly PassportVersion[]): string {
  const words = verb.words.passport
  return table<PassportVersion>(
    [
      { title: '', cell: ({ isShown }) => (isShown ? '→' : '') },
      { title: '#', cell: ({ revision }) => String(revision), right: true },
      { title: words.known, cell: ({ knownTime }) => knownTime ?? '-' },
      {
        title: words.because,
        cell: ({ cause, lateSeconds }) =>
          `${words.causes[cause]}${lateSeconds !== undefined && lateSeconds > 1 ? `, ${words.late(span(lateSeconds))}` : ''}`,
      },
      { title: words.value.toUpperCase(), cell: ({ values: all }) => shortValues(all) },
      { title: '', cell: ({ verdict, isWithdrawn }) => (isWithdrawn ? verb.words.facts.withdrawn : words.verdicts[verdict]) },
    ],
    versions,
  )
}

/** At most three, so that a line stays one. */
function shortValues(all: PassportVersion['values']): string {
  const entries = Object.entries(all)
  const text = entries.slice(0, 3).map(([name, { value, coverage }]) => {
    const covered = coverage === null ? '' : ` (${percent(coverage)})`
    return `${entries.length === 1 ? '' : `${name} `}${value === null ? '-' : typeof value === 'number' ? Number(value.toPrecision(6)) : value}${covered}`
  })
  return `${text.join(', ')}${entries.length > 3 ? ', …' : ''}`
}
