import { passport } from '../api/passport-schemas.ts'
import type { RuleExplanation, Why } from '../api/schemas.ts'
import { type ClientOptions, connectClient } from './client.ts'
import type { CommonOptions, Exit, Verb } from './context.ts'
import { printable, table, writeResult } from './output.ts'
import { describePassport, passportExit } from './passport.ts'
import { paintStatus, statusText, valueText } from './samples.ts'

export interface WhyOptions extends CommonOptions, ClientOptions {
  readonly use?: string
  readonly at?: string
  readonly knownAt?: string
  readonly value?: string
  readonly expand?: string
  readonly after?: number
}

/**
 * `ecluse why SIGNAL` or `ecluse why NAME [KEY]`: may this be used, for what is stated, and why. Of a signal also the rules that gave its reading its status,
 * and the quality of the hour.
 */
export async function why(verb: Verb, subject: string, key: string | undefined, options: WhyOptions): Promise<Exit> {
  const client = await connectClient(verb, options)
  // Ids of signals begin with the site; names of results have no slash.
  const { use, at, knownAt, value, expand, after } = options
  const of = subject.includes('/') ? { signal: subject } : { definition: subject, key }
  const asked = { ...of, use, at, asKnownAt: knownAt, value, expand, ...(after !== undefined && { after: String(after) }) }
  const query = Object.fromEntries(Object.entries(asked).filter(([, one]) => one !== undefined)) as Record<string, string>
  const found = await client.get('/api/v1/passport', query, passport)
  writeResult(verb.io, options.output, found, () =>
    [describePassport(verb, found), ...(found.why ? ['', describe(verb, found.why)] : [])].join('\n'),
  )
  return passportExit(found)
}

function describe(verb: Verb, found: Why): string {
  const words = verb.words.why
  const { sample, declaration } = found
  const reading = sample
    ? paintStatus(verb, sample, `${printable(valueText(sample))} ${printable(sample.unit ?? '')} · ${statusText(sample)} · ${sample.time}`)
    : words.none
  return [
    `${printable(found.signal)}: ${reading}`,
    ...found.equipment.map(
      ({ path, level, asset }) =>
        `  ${printable(path)} (${words.levels[level]})${asset ? `: ${words.asset(printable(asset.serial), asset.since)}` : ''}`,
    ),
    ...(sample && sample.reasons.length === 0 ? [words.noReason] : []),
    ...(sample?.reasons ?? []).map((reason) => `  ${words.because} ${printable(reason)}${rule(verb, found, reason)}`),
    ...(declaration?.since ? [words.declared(declaration.since, declaration.model, declaration.configVersion)] : []),
    ...quality(verb, found),
    '',
    table(
      [
        { title: words.rule, cell: (one: RuleExplanation) => one.rule },
        { title: words.parameters, cell: (one) => parameters(one) },
        { title: words.model, cell: (one) => one.model ?? '' },
        { title: words.author, cell: (one) => one.author ?? '' },
      ],
      found.applied,
    ),
  ].join('\n')
}

function rule(verb: Verb, { rules }: Why, reason: string): string {
  const found = rules.find((one) => one.reason === reason)
  if (!found) return ` (${reason === 'contract' ? verb.words.why.byContract : verb.words.why.notARule})`
  const by = found.author === undefined ? '' : `, ${verb.words.why.by(printable(found.author))}`
  return ` (${found.rule} ${found.version}: ${parameters(found)}${by})`
}

const parameters = ({ parameters: given }: RuleExplanation): string =>
  printable(
    Object.entries(given)
      .map(([name, value]) => `${name} ${typeof value === 'object' ? JSON.stringify(value) : value}`)
      .join(', '),
  )

function quality(verb: Verb, { quality: hour }: Why): string[] {
  if (!hour) return []
  const percent = (share: number | null) => (share === null ? '-' : `${(100 * share).toFixed(1)} %`)
  const words = verb.words.why
  const { completeness, timeliness, accuracy, precision, consistency } = hour.characteristics
  const named = { completeness, timeliness, accuracy, precision, consistency }
  const shares = Object.entries(named).map(([name, share]) => `${words.characteristics[name as keyof typeof named]} ${percent(share)}`)
  return [words.hour(hour.time, hour.samples, percent(hour.covered.good)), `  ${shares.join(', ')}`]
}
