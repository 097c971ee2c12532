import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fakeConnectors } from '../../config/fake-connector.ts'
import { type LoadedConfig, lintText } from '../../config/index.ts'
import { nameOf } from '../../continuity/graph/index.ts'
import { EquipmentNames } from '../../core/equipment.ts'
import { MemoryHistory } from '../../core/memory-history.fixture.ts'
import { toRecordKinds } from '../../core/record-kinds.ts'
import { placeOfRecord } from '../../core/record-place.ts'
import { SignalTable } from '../../core/signals.ts'
import { Status } from '../../core/status.ts'
import { cases } from '../../lib/thorough.fixture.ts'
import { declaredDerivations } from '../deriving/declared.ts'
import { compareConfigurations } from './index.ts'

/**
 * Whatever is then otherwise, the plan has named. The oracle knows no graph: it computes everything from one history by both configurations, with the derivations
 * themselves, and compares; and it reads from lint's line numbers what the new file is refused for, by the lines that it wrote itself.
 */

const S = 1_000_000
const T0 = 300 * 3_600 * S
const SPAN = 600

/** One thing of the file on a line of its own, with the `KIND:ID` it goes by. */
interface Line {
  readonly section: string
  readonly name: string
  readonly text: string
}

const belts = ['belt-1', 'belt-2', 'belt-3']
const raw = belts.flatMap((belt, i) =>
  ['current', 'speed', 'fault'].map((name, j) => ({ id: `line/${belt}/${name}`, address: i * 10 + j, kind: name })),
)
const signalLine = ({ id, address, kind }: (typeof raw)[number]): Line => ({
  ...{ section: 'signals', name: `signal:s/${id}` },
  text: `{ id: ${id}, address: ${address}${kind === 'current' ? ', unit: A, range: [0, 7]' : kind === 'speed' ? ', unit: m/s' : ''} }`,
})

const optional: readonly Line[] = [
  ...[
    [
      'line/belt-*/power',
      "{ id: power, for: 'line/belt-*', inputs: { i: current }, expression: \"i * quantity(400.0, 'V')\", unit: W, tolerance: 20s }",
    ],
    ['both', "{ id: both, inputs: { a: line/belt-1/power, b: line/belt-2/power }, expression: 'a + b', unit: W, tolerance: 20s }"],
    ['ratio', "{ id: ratio, inputs: { a: line/belt-1/current, v: line/belt-3/speed }, expression: 'v / a', tolerance: 20s }"],
    ['chain', "{ id: chain, inputs: { a: both }, expression: 'a + quantity(1.0, \\'W\\')', unit: W, tolerance: 20s }"],
  ].map(([id, text]) => ({ section: 'derive', name: `derive:${id}`, text: text as string })),
  {
    section: 'windows',
    name: 'window:line/belt-*/mean',
    text: "{ id: mean, for: 'line/belt-*', signal: current, window: { tumbling: 1min }, function: Average, tolerance: 20s }",
  },
  {
    section: 'windows',
    name: 'window:peak',
    text: '{ id: peak, signal: both, window: { tumbling: 2min }, function: Maximum, tolerance: 20s }',
  },
  {
    section: 'states',
    name: 'state:mode',
    text: "{ id: mode, inputs: { v: line/belt-2/speed }, states: { fast: 'v > quantity(5.0, \\'m/s\\')', slow: 'true' }, tolerance: 20s }",
  },
  {
    section: 'events',
    name: 'event:jam',
    text: "{ id: jam, for: 'line/belt-*', inputs: { f: { signal: fault, type: boolean } }, start: f, tolerance: 20s, attributes: { top: { signal: current, function: Maximum } } }",
  },
  {
    section: 'events',
    name: 'event:hot',
    text: '{ id: hot, inputs: { i: line/belt-3/current }, start: "i > quantity(6.0, \'A\')", tolerance: 20s }',
  },
  {
    section: 'correlations',
    name: 'correlation:run',
    text: "run: { each: order, tolerance: 5s, values: { jams: { count: jam, where: 'top > 3.0' }, energy: { signal: ./power, function: Average }, each_one: { expression: 'energy / each.pieces' } } }",
  },
  {
    section: 'correlations',
    name: 'correlation:during_jam',
    text: 'during_jam: { each: jam, tolerance: 5s, equipment: line/belt-2, values: { v: { signal: ./speed, function: Average } } }',
  },
  { section: 'kpis', name: 'kpi:orders', text: "orders: { formula: 'n', per: hour, inputs: { n: { count: order } } }" },
  {
    section: 'kpis',
    name: 'kpi:load',
    text: "load: { formula: 'm', per: hour, equipment: 'line/belt-*', inputs: { m: { signal: ./current, function: Average } } }",
  },
  { section: 'kpis', name: 'kpi:jams', text: "jams: { formula: 'n', per: hour, inputs: { n: { count: run } } }" },
]

const FIELDS: readonly Line[] = [
  'id: {}',
  'belt: {}',
  'pieces: { type: number }',
  'start: { type: time }',
  'end: { type: time }',
  'note: {}',
].map((text) => ({
  ...{ section: 'fields', name: `field:order/${text.split(':')[0]}`, text },
}))

const LISTS = ['derive', 'windows', 'states', 'events']

function fileOf(lines: readonly Line[]): { text: string; at: Map<number, string> } {
  const at = new Map<number, string>()
  const out = ['version: 1', 'site: { id: s }', `equipment: { ${belts.map((belt) => `line/${belt}: { level: equipment }`).join(', ')} }`]
  const put = (indent: string, line: Line, separator = '') => {
    out.push(`${indent}${line.text}${separator}`)
    at.set(out.length, line.name)
  }
  const of = (section: string) => lines.filter((line) => line.section === section)
  out.push(
    'records:',
    '  order:',
    '    key: [id]',
    '    validity: { from: start, to: end }',
    '    equipment: { field: belt }',
    '    fields:',
  )
  for (const line of of('fields')) put('      ', line)
  for (const section of [...LISTS, 'correlations', 'kpis']) {
    if (of(section).length > 0) out.push(`${section}:`)
    for (const line of of(section)) put(LISTS.includes(section) ? '  - ' : '  ', line)
  }
  out.push(
    'connections:',
    '  erp: { kind: tables, records: [{ record: order, table: orders }] }',
    '  plc:',
    '    kind: fake',
    '    endpoint: fake://a',
    '    signals:',
  )
  for (const line of of('signals')) put('      - ', line)
  return { text: `${out.join('\n')}\n`, at }
}

const replace = (from: string | RegExp, to: string) => (line: Line) => ({ ...line, text: line.text.replace(from, to) })
const edits: readonly ((line: Line) => Line | undefined)[] = [
  () => undefined,
  replace(/address: (\d+)/, 'address: 9$1'),
  replace('unit: A', 'unit: mA'),
  replace('unit: A', 'unit: Cel'),
  replace('[0, 7]', '[0, 4]'),
  replace('m/s,', 'km/h,'),
  replace('400.0', '230.0'),
  replace('a + b', 'a - b'),
  replace('1min', '2min'),
  replace('2min', '5min'),
  replace('Average', 'Maximum'),
  replace('> 3.0', '> 5.0'),
  replace('6.0', '4.0'),
  replace('tolerance: 20s', 'tolerance: 3s'),
  replace('each.pieces', 'each.note_count'),
  replace("'line/belt-*'", "'line/belt-[12]'"),
  replace('label', 'label'),
]

const random = (seed: number) => {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** What the devices and the IT system said, by where it is read: the same for every configuration that reads the same. */
function told(loaded: LoadedConfig): { history: MemoryHistory; signals: SignalTable } {
  const [history, signals] = [new MemoryHistory(), new SignalTable()]
  const { signals: items } = (loaded.connections.find(({ name }) => name === 'plc') as LoadedConfig['connections'][number]).config as {
    signals: { id: string; address: number; unit?: string; range?: [number, number] }[]
  }
  for (const { id, address, unit, range } of items) {
    const whole = `s/${id}`
    signals.define({
      id: whole,
      connection: 'plc',
      address: String(address),
      dataType: 'number',
      ...(unit && { unit }),
      ...(range && { range }),
    })
    const next = random(address)
    for (let second = 0; second < SPAN; second += 5) {
      const value = id.endsWith('fault') ? Number(next() > 0.7) : Math.round(next() * 80) / 10
      const isOut = range !== undefined && (value < range[0] || value > range[1])
      history.sample(whole, T0 + second * S, value, isOut ? Status.Uncertain : Status.Good)
    }
  }
  const fields = Object.keys(loaded.config.records.order?.fields ?? {})
  for (let i = 0; i < 4; i++) {
    const start = T0 + i * 120 * S
    const all: Record<string, string | number> = {
      id: `o${i}`,
      belt: `line/${belts[i % 3]}`,
      pieces: i + 1,
      start,
      end: start + 100 * S,
      note: 'x',
    }
    const values = Object.fromEntries(fields.map((field) => [field, all[field] ?? null]))
    history.record({ kind: 'order', key: `o${i}`, source: 'erp', validFrom: start, validTo: start + 100 * S, isDeleted: false, values })
  }
  return { history, signals }
}

/** Everything that is computed, by `signal:ID` or the name of a fact, as text to be compared. */
async function resultsOf(loaded: LoadedConfig): Promise<Map<string, string>> {
  const { history, signals } = told(loaded)
  const { config } = loaded
  const kinds = toRecordKinds(config.records)
  const placeOf = placeOfRecord(kinds, new EquipmentNames(config.equipment), () => T0)
  const { derivations } = declaredDerivations({ config, kinds, placeOf, signals })
  const range = { from: T0, to: T0 + SPAN * S }
  const out = new Map<string, string>()
  // Until nothing is another any more: what is made of what was made before it follows in the next round.
  for (let round = 0; round < 8; round++) {
    const before = new Map(out)
    for (const one of derivations) {
      const units = await one.within(range, history)
      const outcomes = await one.compute(units, history, { watermark: T0 + (SPAN + 3_600) * S, cause: 'first' })
      const made = new Map<string, string[]>()
      for (const { facts, samples } of outcomes) {
        for (const { signal, time, value, status, text } of samples) {
          if (text === undefined) history.sample(signal, time, value, status)
          else history.sample(signal, time, text, status)
          made.set(`signal:${signal}`, [...(made.get(`signal:${signal}`) ?? []), JSON.stringify([time, String(value), status, text])])
        }
        for (const fact of facts) {
          history.publish(fact)
          const said = Object.entries(fact.values).map(([name, { value, status, coverage, unit }]) => [name, value, status, coverage, unit])
          made.set(`fact:${fact.definition}`, [
            ...(made.get(`fact:${fact.definition}`) ?? []),
            JSON.stringify([fact.key, fact.from, fact.to, said]),
          ])
        }
      }
      for (const [name, lines] of made) out.set(name, [...new Set(lines)].sort().join('\n'))
    }
    if (round > 0 && [...out].every(([name, text]) => before.get(name) === text)) break
  }
  return out
}

const lint = (text: string) => {
  const result = lintText(text, { connectors: fakeConnectors, env: {} })
  return { ...result, understood: result.understood }
}

test('whatever is then otherwise, or refused, the plan has named', { timeout: 110_000 }, async () => {
  const numRuns = Number(process.env.ECLUSE_RUNS ?? cases(40))
  const seen = { refused: 0, differ: 0, compared: 0 }
  const line = fc.nat({ max: raw.length + optional.length + FIELDS.length - 1 })
  const edit = fc.record({ line, edit: fc.nat({ max: edits.length - 1 }) })
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.boolean(), { minLength: optional.length, maxLength: optional.length }),
      fc.array(edit, { minLength: 1, maxLength: 3 }),
      async (kept, todo) => {
        const lines = [...raw.map(signalLine), ...optional.filter((_, i) => kept[i] === true || i === 0 || i === 7), ...FIELDS]
        // What is left out may be needed: only files that are sound to begin with.
        const before = lint(fileOf(lines).text)
        fc.pre(before.loaded !== undefined)
        const changed = lines.flatMap((one, i): Line[] => {
          const mine = todo.filter((each) => each.line % lines.length === i)
          return mine.reduce<Line[]>((list, each) => list.flatMap((now) => edits[each.edit]?.(now) ?? []), [one])
        })
        const written = fileOf(changed)
        fc.pre(written.text !== fileOf(lines).text)
        const after = lint(written.text)
        if (!after.understood || !before.loaded) return
        const plan = compareConfigurations({ loaded: before.loaded, problems: before.problems }, { ...after, understood: after.understood })
        const own = new Set(plan.changes.flatMap(({ kind, ids }) => ids.map((id) => `${kind}:${id}`)))
        const breaks = new Set(plan.breaks.map(({ node }) => nameOf(node)))
        const named = new Set([...breaks, ...plan.touches.map(({ node }) => nameOf(node))])
        const owners = (list: readonly string[]) => list.join(', ')
        if (!after.ok) {
          seen.refused++
          for (const problem of after.problems.filter(({ level }) => level === 'error')) {
            const name = written.at.get(problem.line)
            if (name !== undefined)
              assert.ok(breaks.has(name), `${problem.message}: ${name} is not among ${owners([...breaks])}\n${written.text}`)
          }
          return
        }
        seen.compared++
        const [old, now] = [await resultsOf(before.loaded), await resultsOf(after.understood)]
        for (const name of new Set([...old.keys(), ...now.keys()])) {
          if (old.get(name) === now.get(name)) continue
          seen.differ++
          const fact = name.slice('fact:'.length)
          const names = name.startsWith('signal:')
            ? [name, ...makersOf(name, changed), ...makersOf(name, lines)]
            : [`event:${fact}`, `correlation:${fact}`, `kpi:${fact}`]
          assert.ok(
            names.some((one) => named.has(one) || own.has(one)),
            `${name} is another, and not among ${owners([...named, ...own])}\n${written.text}`,
          )
        }
      },
    ),
    { numRuns, seed: Number(process.env.ECLUSE_SEED ?? 20_261_127) },
  )
  if (process.env.ECLUSE_RUNS) console.log(seen)
  assert.ok(seen.refused > numRuns / 8 && seen.differ > numRuns / 2, JSON.stringify(seen))
})

/** A signal that went with its declaration is named by it. */
const makersOf = (name: string, lines: readonly Line[]): string[] =>
  lines.flatMap((line) =>
    LISTS.includes(line.section) && name.endsWith(`/${line.name.split('/').at(-1)?.replace(/^\w+:/, '')}`) ? [line.name] : [],
  )
