import { z } from 'zod'
import { CONTINUITY_LIMITS } from '../continuity/limits.ts'
import type { Hop, Member } from '../continuity/lineage/hop.ts'
import { remembered, type Tally } from '../continuity/lineage/remembered.ts'
import { DEFAULT_USE } from '../continuity/passport/default-use.ts'
import {
  type Passport as Found,
  judgedValues,
  type PassportParts,
  passportOfFact,
  passportOfSample,
} from '../continuity/passport/passport.ts'
import { factAt, type Moment, type SampleVersion, sampleAt } from '../continuity/passport/subject.ts'
import type { StoredFact } from '../core/facts.ts'
import { NEVER } from '../core/it-records.ts'
import type { NodeView } from '../core/node-view.ts'
import type { SignalDefinition } from '../core/signals.ts'
import { severity } from '../core/status.ts'
import { formatTime, SECOND } from '../core/time.ts'
import type { Use } from '../core/uses.ts'
import { nearest } from '../lib/suggest.ts'
import { appliedRules } from '../qualify/index.ts'
import { changes, keysOf, known, shownKey, valueView } from './facts.ts'
import { type Passport, type PassportHop, type PassportVersion, passport } from './passport-schemas.ts'
import { Refusal } from './problem.ts'
import { readMoment } from './query-times.ts'
import { signalOf, toSample } from './render.ts'
import type { Resources, Server } from './route.ts'
import { answerWhy } from './why.ts'

const querystring = z.strictObject({
  signal: z.string().max(640).optional(),
  definition: z.string().min(1).max(64).optional(),
  key: z.string().max(512).optional().describe('the fact’s key; absent: the newest that has begun by `at`'),
  value: z.string().max(128).optional().describe('one value of the fact; absent: all of them'),
  at: z.string().max(64).optional().describe('RFC 3339, or a duration before now: -8h; default the newest'),
  use: z.string().max(64).optional().describe('one of the declared uses'),
  asKnownAt: z.string().max(64).optional().describe('as it was known then'),
  expand: z.string().max(640).optional().describe('id of a hop whose members are told'),
  after: z.coerce.number().int().min(0).default(0).describe('so many of them are skipped'),
})
type Query = z.output<typeof querystring>

/** May this value be used for this, and why: verdict, chain, contracts, versions. */
export function passportRoutes(server: Server, { view: whole, viewOf }: Resources): void {
  const tally = remembered((query) => whole.historian.tally(query))
  server.get(
    '/api/v1/passport',
    {
      config: { permission: 'read', scope: 'any' },
      schema: {
        summary: 'Whether a value may be used for something: verdict with reasons, the chain it came by, contracts, how it has changed',
        querystring,
        response: { 200: passport },
      },
    },
    (request) => {
      const view = viewOf(request)
      // What is remembered was computed for somebody who may see it.
      return answerPassport(view, view === whole ? tally : (query) => view.historian.tally(query), request.query)
    },
  )
}

async function answerPassport(view: NodeView, tally: Tally, query: Query): Promise<Passport> {
  const now = view.clock.now()
  const use = statedUse(view, query.use)
  const moment: Moment = {
    ...(query.at !== undefined && { at: readMoment(query.at, now) }),
    ...(query.asKnownAt !== undefined && { asKnownAt: readMoment(query.asKnownAt, now) }),
  }
  if ((query.signal === undefined) === (query.definition === undefined)) throw new Refusal(400, 'invalid-request/passport')
  const parts = partsOf(view, tally)
  return query.signal === undefined ? ofFact(parts, query, use, moment) : ofSample(parts, query.signal, query, use, moment)
}

function statedUse(view: NodeView, name: string | undefined): Use {
  if (name === undefined) return DEFAULT_USE
  const found = view.uses.get(name)
  if (found) return found
  const names = [...view.uses.keys()]
  throw new Refusal(404, 'unknown-use', name, nearest(name, names), names)
}

const partsOf = (view: NodeView, tally: Tally): PassportParts => ({
  ...{ view, tally },
  rulesOf: (definition: SignalDefinition) => appliedRules(definition).map(({ rule, version }) => `${rule}@${version}`),
})

async function ofSample(parts: PassportParts, id: string, query: Query, use: Use, moment: Moment): Promise<Passport> {
  const { view } = parts
  const signal = signalOf(view, id)
  const read = await sampleAt(signal, moment, view)
  const { shown, versions } = read
  const found = await passportOfSample(signal, read, { ...moment, use }, parts)
  const row = shown && found.ingests.get(shown.ingest)
  const raw = (one: SampleVersion) => toSample(signal, one)
  const told = (one: SampleVersion) => {
    const { value, unit, status, statusCode, reasons } = raw(one)
    return { value, ...(unit !== undefined && { unit }), status, statusCode, coverage: one === shown ? found.coverage : null, reasons }
  }
  const all = shown && !versions.includes(shown) ? [...versions, shown] : versions
  return {
    ...common(view, query, use, moment, found),
    subject: { kind: 'sample', signal: signal.id, ...(signal.label && { label: signal.label }) },
    values: shown ? { value: told(shown) } : {},
    times: {
      ...(shown && { source: formatTime(shown.time) }),
      ...(row && { received: formatTime(row.receivedTime), recorded: formatTime(row.recordedTime) }),
    },
    knowledge: {
      ...(moment.asKnownAt !== undefined && { asKnownAt: formatTime(moment.asKnownAt) }),
      ...(row && { knownTime: formatTime(row.recordedTime) }),
      ...(shown && { revision: all.indexOf(shown) + 1 }),
      ...{
        revisions: all.length,
        isNewest: shown === undefined || shown === all.findLast(({ reasons }) => !reasons.includes('duplicate')),
      },
      isWithdrawn: false,
    },
    versions: all
      .map((one, i): PassportVersion => {
        const stored = found.ingests.get(one.ingest)
        return {
          ...{ revision: i + 1, isShown: one === shown, isWithdrawn: false, cause: causeOf(signal, one, all[i - 1]) },
          ...(stored && {
            ...{ knownTime: formatTime(stored.recordedTime), receivedTime: formatTime(stored.receivedTime) },
            lateSeconds: (stored.receivedTime - one.time) / SECOND,
          }),
          values: { value: told(one) },
          verdict: found.verdictOf([{ status: one.status, coverage: null }], false),
        }
      })
      .reverse(),
    why: await answerWhy(view, { signal: signal.id, at: query.at }),
  }
}

function causeOf({ connection }: SignalDefinition, one: SampleVersion, before: SampleVersion | undefined): PassportVersion['cause'] {
  if (!before) return 'first'
  if (one.reasons.includes('duplicate')) return 'duplicate'
  if (connection === 'computed') return 'computed'
  return Object.is(one.value, before.value) && one.text === before.text ? 'repeat' : 'correction'
}

async function ofFact(parts: PassportParts, query: Query, use: Use, moment: Moment): Promise<Passport> {
  const { view } = parts
  const definition = query.definition as string
  const about = view.derivations().find(({ name }) => name === definition)
  const { shown, versions } = await factAt(definition, query.key === undefined ? undefined : keysOf(query.key), moment, view)
  // A result outlives its declaration, and its passport says that it has.
  if (!shown) known(view, definition)
  if (shown && query.value !== undefined && !Object.hasOwn(shown.values, query.value)) {
    const names = Object.keys(shown.values)
    throw new Refusal(404, 'unknown-value', query.value, nearest(query.value, names), names)
  }
  const found = await passportOfFact(shown, query.value, { ...moment, use }, parts)
  const told = (fact: StoredFact) =>
    Object.fromEntries(
      Object.entries(fact.values).flatMap(([name, value]) =>
        query.value === undefined || name === query.value ? [[name, valueView(value)]] : [],
      ),
    )
  return {
    ...common(view, query, use, moment, found),
    subject: {
      ...{ kind: 'fact', definition, ...(about?.label && { label: about.label }) },
      ...(about && about.type !== 'signal' && { type: about.type }),
      ...(shown ? { key: shownKey(shown.key) } : query.key !== undefined && { key: query.key }),
      ...(query.value !== undefined && { value: query.value }),
      ...(shown?.equipment !== undefined && { equipment: shown.equipment }),
    },
    values: shown ? told(shown) : {},
    times: shown
      ? {
          source: formatTime(shown.from),
          to: shown.to === null || shown.to >= NEVER ? null : formatTime(shown.to),
          recorded: formatTime(shown.knownTime),
        }
      : {},
    knowledge: {
      ...(moment.asKnownAt !== undefined && { asKnownAt: formatTime(moment.asKnownAt) }),
      ...(shown && { knownTime: formatTime(shown.knownTime), revision: shown.revision }),
      ...{
        revisions: versions[0]?.revision ?? 0,
        isNewest: shown?.revision === versions[0]?.revision,
        isWithdrawn: shown?.isWithdrawn === true,
      },
    },
    versions: versions.map((one, i): PassportVersion => {
      const before = versions[i + 1]
      return {
        ...{ revision: one.revision, isShown: one.revision === shown?.revision, knownTime: formatTime(one.knownTime), cause: one.cause },
        ...(before && { changed: changes(before, one) }),
        ...{ isWithdrawn: one.isWithdrawn === true, values: told(one) },
        verdict: found.verdictOf(judgedValues(one, query.value), one.isWithdrawn === true),
      }
    }),
  }
}

/** What the passports of samples and of facts say alike. */
function common(view: NodeView, query: Query, use: Use, _moment: Moment, found: Found) {
  const { verdict, reasons, contracts, clocks, chain, total, isCut, ageUs } = found
  const { id, label, contract, care, refuse } = use
  const unique = (all: readonly (string | undefined)[]) => [...new Set(all.flatMap((one) => one ?? []))]
  return {
    use: {
      ...{ id, ...(label && { label }), isDeclared: use !== DEFAULT_USE, contract },
      ...{ care: { ...care } as Record<string, unknown>, refuse: { ...refuse } as Record<string, unknown> },
    },
    uses: [...view.uses.values()].map((one) => ({ id: one.id, ...(one.label && { label: one.label }) })),
    verdict,
    reasons: [...reasons],
    clocks: clocks.map(({ connection, method, uncertaintyUs, offsetUs }) => ({
      ...{ connection, method },
      ...(uncertaintyUs !== undefined && { uncertaintySeconds: uncertaintyUs / SECOND }),
      ...(offsetUs !== undefined && { offsetSeconds: offsetUs / SECOND }),
    })),
    ...(typeof ageUs === 'number' && { ageSeconds: ageUs / SECOND }),
    owners: { ot: unique(contracts.map(({ otOwner }) => otOwner)), it: unique(contracts.map(({ itOwner }) => itOwner)) },
    contracts: contracts.map((one) => ({ ...one })),
    total,
    isCut,
    chain: chain.map(({ hop }) => toHop(hop)),
    ...expanded(found, query),
  }
}

function toHop({ worst, oldest, newest, lastSeen, delayUs, owners, feeds, details, counts, ...rest }: Hop): PassportHop {
  return {
    ...rest,
    feeds: [...feeds],
    ...(owners && { owners: { ot: [...owners.ot], it: [...owners.it] } }),
    ...(counts && { counts: { ...counts } }),
    ...(worst !== undefined && { worstStatus: severity(worst) }),
    ...moments({ oldest, newest, lastSeen }),
    ...(delayUs !== undefined && { delaySeconds: delayUs / SECOND }),
    details: Object.fromEntries(
      Object.entries(details).map(([name, value]) => [name, TIMES.has(name) && typeof value === 'number' ? formatTime(value) : value]),
    ),
  }
}

/** Details that are times. */
const TIMES: ReadonlySet<string> = new Set(['receivedTime', 'recordedTime', 'approvedTime', 'since'])

function moments<T extends object>(times: T): { [K in keyof T]?: string } {
  return Object.fromEntries(
    Object.entries(times).flatMap(([name, value]) =>
      typeof value === 'number' && Number.isFinite(value) ? [[name, formatTime(value)]] : [],
    ),
  ) as never
}

function expanded({ chain }: Found, { expand, after }: Query): Pick<Passport, 'members'> {
  if (expand === undefined) return {}
  const station = chain.find(({ hop }) => hop.id === expand)
  if (!station) throw new Refusal(404, 'unknown-hop')
  const all = station.members()
  const next = after + CONTINUITY_LIMITS.members
  return {
    members: {
      ...{ hop: expand, members: all.slice(after, next).map(toMember), total: all.length },
      ...(next < all.length && { next }),
    },
  }
}

function toMember({ name, worst, newest, reasons, ...rest }: Member) {
  return {
    ...{ name: shownKey(name), ...rest },
    ...(worst !== undefined && { worstStatus: severity(worst) }),
    ...moments({ newest }),
    ...(reasons && { reasons: [...reasons] }),
  }
}
