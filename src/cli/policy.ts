import {
  changedWays,
  configWords,
  declaredPassing,
  type Explanation,
  explain,
  type LoadedConfig,
  lintFiles,
  roleMayOf,
  testWording,
  type WayChange,
} from '../config/index.ts'
import { ConfigurationError } from '../core/errors.ts'
import { toRoles } from '../core/people-config.ts'
import {
  compilePolicy,
  type Governed,
  matrixOf,
  type PolicyChange,
  type PolicyTest,
  roleMatrix,
  runPolicyTests,
  simulate,
  toPolicy,
} from '../gateway/policy/index.ts'
import { configPath } from './configuration.ts'
import { type CommonOptions, EXIT, type Exit, Refused, type Verb } from './context.ts'
import { type Column, table, writeResult } from './output.ts'

export interface PolicyOptions extends CommonOptions {
  readonly config?: string
}

/** Of one conduit or person, so many changes are listed; the count says how many there are. */
const LISTED = 5

/** Names that a hint lists. */
const NAMED = 30

const governedBy = ({ config }: LoadedConfig): Governed => ({ declared: toPolicy(config, config.site.id), roles: toRoles(config) })

/** `ecluse policy explain SUBJECT ACTION OBJECT`: whether it may, and the line that says so; 1 when it may not. */
export async function policyExplain(verb: Verb, words: readonly [string, string, string], options: PolicyOptions): Promise<Exit> {
  const answers = explain(await understand(verb, options.config), ...words, verb.clock.now())
  const { policy } = verb.words
  const [first] = answers
  if (first?.about === 'nothing')
    throw new Refused(policy.unknown[first.sought](first.name), policy.known(namesOf(first.known), first.near))
  writeResult(verb.io, options.output, answers, () => answers.map((answer) => explanation(verb, answer)).join('\n\n'))
  return answers.every((answer) => answer.about !== 'nothing' && answer.permitted) ? EXIT.ok : EXIT.failed
}

const namesOf = (known: readonly string[]): string => known.slice(0, NAMED).join(', ') + (known.length > NAMED ? ', …' : '')

function explanation(verb: Verb, answer: Explanation): string {
  const { policy } = verb.words
  if (answer.about === 'nothing') return policy.unknown[answer.sought](answer.name)
  const zone = (name: string | undefined) => name ?? policy.noZone
  const subject =
    answer.about === 'role'
      ? policy.role(answer.role, policy.permissions[answer.permission], zone(answer.zone))
      : policy.crossing(
          ...([policy.parts[answer.crossing.part], answer.crossing.name, zone(answer.crossing.from)] as const),
          ...([zone(answer.crossing.to), answer.crossing.transport, answer.crossing.direction] as const),
        )
  const because =
    answer.about === 'role'
      ? answer.permitted
        ? policy.granted
        : policy.notGranted
      : policy.because(policy.reasons[answer.reason], answer.conduit)
  const decided = policy.decidedBy(answer.place, answer.path.map(String).join('.'))
  return `${answer.permitted ? policy.yes : policy.no} ${because}\n  ${subject}\n  ${decided}`
}

/** `ecluse policy matrix`: zones × zones with their conduits, roles × zones with what they may. */
export async function policyMatrix(verb: Verb, options: PolicyOptions): Promise<Exit> {
  const loaded = await understand(verb, options.config)
  const governed = governedBy(loaded)
  const { declared } = governed
  const cells = matrixOf(compilePolicy(declared), verb.clock.now())
  const rights = roleMatrix(governed)
  const { policy } = verb.words
  writeResult(verb.io, options.output, { zones: declared.zones, cells, roles: rights }, () => {
    if (declared.zones.length === 0) return policy.none
    const names = declared.zones.map(({ name }) => name)
    const crossing = (from: string, to: string) =>
      cells
        .find((cell) => cell.from === from && cell.to === to)
        ?.conduits.map(({ name, state }) => (state === 'open' ? name : `${name} [${policy.states[state]}]`))
        .join(', ')
    const may = (role: string, zone: string) =>
      rights
        .find((one) => one.role === role && one.zone === zone)
        ?.may.map((one) => policy.permissions[one])
        .join(', ')
    return [
      grid(policy.from, names, names, (from, to) => (from === to ? '·' : (crossing(from, to) ?? '-'))),
      grid(policy.roleByZone, [...governed.roles.keys()], names, (role, zone) => may(role, zone) || '-'),
    ].join('\n\n')
  })
  return EXIT.ok
}

function grid(corner: string, rows: readonly string[], titles: readonly string[], cell: (row: string, title: string) => string): string {
  const columns: Column<string>[] = [
    { title: corner, cell: (row) => row },
    ...titles.map((title): Column<string> => ({ title, cell: (row) => cell(row, title) })),
  ]
  return table(columns, rows)
}

/** `ecluse policy test`: each declared test, and what it found; 1 when one does not hold. */
export async function policyTest(verb: Verb, options: PolicyOptions): Promise<Exit> {
  const { config, placeOf } = await understand(verb, options.config)
  const results = runPolicyTests(config.policyTests, toPolicy(config, config.site.id), roleMayOf(config))
  const failed = results.filter(({ passed }) => !passed).length
  const { policy } = verb.words
  const said = configWords[verb.language]
  writeResult(verb.io, options.output, { passed: results.length - failed, failed, results }, () => {
    if (results.length === 0) return policy.noTests
    const lines = results.flatMap(({ passed, name, test, findings }) => [
      `${passed ? policy.passes : policy.fails}  ${name ?? describe(test, verb)}`,
      ...findings.map((finding) => `  ${placeOf(finding.path)}: ${testWording(finding, said)[0]}`),
    ])
    return [...lines, policy.tests(results.length - failed, failed)].join('\n')
  })
  return failed > 0 ? EXIT.failed : EXIT.ok
}

/** What the file says, whether it could run or not: a file whose policy tests fail is refused elsewhere, and here they are what is asked for. */
const read = async (verb: Verb, path: string | undefined) =>
  lintFiles(configPath(verb, path), { connectors: await verb.connectors(), env: verb.io.env, language: verb.language })

async function understand(verb: Verb, path: string | undefined): Promise<LoadedConfig> {
  const { understood, problems } = await read(verb, path)
  if (!understood) throw new ConfigurationError(problems)
  return understood
}

function describe(test: PolicyTest, { words: { policy } }: Verb): string {
  type Which = Extract<PolicyTest, { noPath: true }>['from']
  const zone = (which: Which) =>
    typeof which === 'string' ? which : policy.level('levels' in which ? which.levels.join('-') : String(which.level))
  if ('conduit' in test) return policy.neverCarries(test.conduit, test.neverCarries.join(', '))
  if ('role' in test) return policy.mayNot(test.role, policy.permissions[test.mayNot], zone(test.zone))
  return policy.noPath(zone(test.from), zone(test.to))
}

/** `ecluse policy simulate NEWFILE`: who and what gains, who and what loses, of all roles × zones and all that is declared × conduits. */
export async function policySimulate(verb: Verb, file: string, options: PolicyOptions): Promise<Exit> {
  const before = await understand(verb, options.config)
  const { understood: after, problems } = await read(verb, file)
  if (!after) throw new ConfigurationError(problems)
  const passing = [
    ...new Map([...declaredPassing(before), ...declaredPassing(after)].map((one) => [`${one.kind} ${one.id}`, one])).values(),
  ]
  const time = verb.clock.now()
  const change = {
    ...simulate(governedBy(before), governedBy(after), { passing, people: new Map(), time }),
    ways: changedWays(before, after, time),
  }
  writeResult(verb.io, options.output, change, () => changeText(verb, change))
  // A file that would not start gives and takes nothing.
  const errors = problems.filter(({ level }) => level === 'error')
  if (errors.length > 0) verb.io.err(`${verb.words.policy.wouldNotStart(errors.length, errors[0]?.message ?? '', file)}\n`)
  return EXIT.ok
}

const keyColumns = (policy: Verb['words']['policy']): Column<PolicyChange['conduits'][number]>[] => [
  { title: policy.conduit, cell: ({ conduit, key }) => (key === 'conduit' ? conduit : `${conduit}.${key}`) },
  { title: policy.before, cell: ({ before }) => before || '-' },
  { title: policy.after, cell: ({ after }) => after || '-' },
]

const wayColumns = (policy: Verb['words']['policy']): Column<WayChange>[] => [
  { title: policy.way, cell: ({ part, name }) => `${policy.parts[part]} ${name}`.trim() },
  { title: policy.before, cell: ({ before }) => (before ? policy.reasons[before] : '-') },
  { title: policy.after, cell: ({ after }) => (after ? policy.reasons[after] : '-') },
]

function changeText(
  { words: { policy } }: Verb,
  { rights, carried, conduits, ways, unasked }: PolicyChange & { readonly ways: readonly WayChange[] },
): string {
  interface Row {
    readonly who: string
    readonly change: string
    readonly what: readonly string[]
  }
  const rows = (list: readonly { readonly who: string; readonly what: string }[], change: string): Row[] =>
    [...Map.groupBy(list, ({ who }) => who)].map(([who, group]) => ({ who, change, what: group.map(({ what }) => what) }))
  const right = ({ who, permission, zone }: PolicyChange['rights']['gained'][number]) => ({
    ...{ who, what: policy.right(policy.permissions[permission], zone) },
  })
  const carry = ({ conduit, id }: PolicyChange['carried']['gained'][number]) => ({ who: conduit, what: id })
  const columns = (first: string): Column<Row>[] => [
    { title: first, cell: ({ who }) => who },
    { title: policy.change, cell: ({ change }) => change },
    { title: policy.count, cell: ({ what }) => String(what.length), right: true },
    {
      title: policy.what,
      cell: ({ what }) => [...what.slice(0, LISTED), ...(what.length > LISTED ? [policy.more(what.length - LISTED)] : [])].join(', '),
    },
  ]
  const byRole = [...rows(rights.gained.map(right), policy.gains), ...rows(rights.lost.map(right), policy.loses)]
  const byConduit = [...rows(carried.gained.map(carry), policy.gains), ...rows(carried.lost.map(carry), policy.loses)]
  return [
    ...(byRole.length > 0 ? [table(columns(policy.who), byRole)] : []),
    ...(byConduit.length > 0 ? [table(columns(policy.conduit), byConduit)] : []),
    ...(ways.length > 0 ? [table(wayColumns(policy), ways)] : []),
    ...(conduits.length > 0 ? [table(keyColumns(policy), conduits)] : []),
    ...(byRole.length + byConduit.length + ways.length + conduits.length === 0 ? [policy.noChange] : []),
    ...(unasked > 0 ? [policy.unasked(unasked)] : []),
  ].join('\n\n')
}
