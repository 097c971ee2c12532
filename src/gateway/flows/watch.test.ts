import assert from 'node:assert/strict'
import { readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { BatchBuilder, type SampleBatch } from '../../core/batch.ts'
import { type FindingCode, type Observation, SELF } from '../../core/flows.ts'
import { silent } from '../../core/log.ts'
import { SECOND } from '../../core/time.ts'
import { FLOW_LIMITS } from './limits.ts'
import { openWatch, poll, START } from './watch.fixture.ts'
import type { WatchParts } from './watch.ts'

/** A watch that has learned a minute of polls, one a second, and whose baseline was accepted. */
async function learned(t: TestContext, more: Partial<WatchParts> = {}, taught: readonly Observation[] = []) {
  const opened = await openWatch(t, more)
  const { watch, clock } = opened
  for (const one of taught) watch.observe(one)
  for (let i = 0; i < 60; i++) {
    watch.observe(poll(clock.now(), { identity: 'AA:01', device: { version: '1.2', state: '0' } }))
    await clock.advance(1_000)
  }
  assert.equal(await watch.accept(watch.baseline().candidateHash ?? '', 'ana', 'commissioned'), true)
  await watch.tick()
  assert.deepEqual(watch.findings(), [], 'what was learned is no finding')
  return opened
}

const open = (watch: { findings(): readonly { code: string; state: string }[] }) =>
  watch.findings().flatMap(({ code, state }) => (state === 'open' ? [code] : []))

const cases: [string, FindingCode, Partial<Observation>][] = [
  ['another machine asks the same device', 'new-talker', { source: '10.0.0.66' }],
  ['the HMI asks another device', 'new-talker', { destination: '10.0.0.7' }],
  ['something goes out to the internet', 'new-egress', { source: '10.0.0.5', destination: '203.0.113.9', port: 443, protocol: 'tcp' }],
  ['the HMI asks for device identification', 'new-service', { service: '43', address: undefined as never }],
  ['the HMI reads other registers', 'new-addresses', { address: 4_000 }],
  ['the HMI reads one register more', 'new-addresses', { address: 105 }],
  ['the HMI asks another unit', 'new-addresses', { unit: 9 }],
  ['the HMI writes registers', 'unexpected-write', { service: '16', isWrite: true }],
  ['the certificate is another one', 'certificate-change', { identity: 'BB:02' }],
  ['the firmware is another one', 'identity-change', { device: { version: '6.6' } }],
  ['the controller leaves its mode', 'identity-change', { device: { state: '2' } }],
]
for (const [what, code, more] of cases)
  test(`${what}: ${code}`, async (t) => {
    const { watch, clock } = await learned(t)
    watch.observe(poll(clock.now()))
    assert.deepEqual(open(watch), [])
    watch.observe(poll(clock.now(), more))
    assert.deepEqual(open(watch), [code])
    const [finding] = watch.findings()
    assert.ok(finding && finding.techniques.length > 0 && Object.keys(finding.evidence).length > 0)
  })

test('a write is a finding without any baseline; one that an operator reviewed and accepted is none, at other addresses it is', async (t) => {
  const write = poll(START, { service: '6', isWrite: true, address: 7, addresses: 1 })
  const { watch, clock } = await openWatch(t)
  watch.observe(write)
  assert.deepEqual(open(watch), ['unexpected-write'])
  await watch.accept(watch.baseline().candidateHash ?? '', 'ana', 'the HMI sets the night temperature')
  await clock.advance(86_400_000 + 20_000)
  await watch.tick()
  watch.observe(write)
  assert.deepEqual(open(watch), [])
  watch.observe({ ...write, address: 8 })
  assert.deepEqual(open(watch), ['unexpected-write'])
})

test('exceptions come one by one without a finding, in a burst with one', async (t) => {
  const { watch, clock } = await learned(t)
  for (let i = 0; i < 100; i++) watch.observe(poll(START + i * 10 * SECOND, { exception: '2' }))
  assert.deepEqual(open(watch), [])
  for (let i = 0; i < 20; i++) watch.observe(poll(clock.now() + 2_000 * SECOND, { exception: '2' }))
  assert.deepEqual(open(watch), ['exception-burst'])
})

test('a flow that stops is silent after twice its longest silence, and the finding is gone when it comes back', async (t) => {
  const { watch, clock } = await learned(t)
  await clock.advance(3_000)
  await watch.tick()
  assert.deepEqual(open(watch), [])
  await clock.advance(2_000)
  await watch.tick()
  assert.deepEqual(open(watch), ['silence'])
  watch.observe(poll(clock.now()))
  await watch.tick()
  assert.deepEqual(open(watch), [])
  assert.deepEqual(
    watch.findings().map(({ code, state }) => [code, state]),
    [['silence', 'resolved']],
  )
})

test('a sensor that reads nothing more makes nothing silent', async (t) => {
  const sensors = () => [{ name: 'span', state: 'ended' as const, packets: 1, observations: 1, skipped: {} }]
  const { watch, clock } = await learned(t, { sensors })
  await clock.advance(60_000)
  await watch.tick()
  assert.deepEqual(open(watch), [])
})

test('five refused sign-ins from one address within a minute are a burst, five in an hour are not', async (t) => {
  const { watch } = await openWatch(t)
  for (let i = 0; i < 5; i++) watch.refusedSignIn({ from: '10.0.0.8', who: 'ana', time: START + i * 720 * SECOND })
  assert.deepEqual(open(watch), [])
  for (let i = 0; i < 5; i++) watch.refusedSignIn({ from: '10.0.0.9', who: 'admin', time: START + i * SECOND })
  assert.deepEqual(open(watch), ['sign-in-burst'])
})

test('canaries: addresses on the wire, a signal that changes, a signal that somebody asks for', async (t) => {
  const canaries = [
    { name: 'trap', host: '10.0.0.5', unit: 1, addresses: [900, 909] as const },
    { name: 'lure', signal: 'site/lure' },
  ]
  const { watch, clock } = await learned(t, { canaries })
  watch.observe(poll(clock.now(), { source: 'self', address: 900 }))
  watch.observe(poll(clock.now(), { address: 895, addresses: 5 }))
  assert.ok(!open(watch).includes('canary'), 'neither this node itself, nor its neighbour addresses')
  watch.observe(poll(clock.now(), { address: 899, addresses: 2 }))
  watch.touched('/api/v1/samples?signal=site/lure', 'mallory')
  const deliver = (value: number) =>
    watch.deliver({ connection: 'a', batch: batchOf(clock.now(), [value]), nameOf: () => 'site/lure', isTimeless: true })
  deliver(5)
  deliver(5)
  assert.equal(watch.findings().filter(({ code }) => code === 'canary').length, 2)
  deliver(6)
  assert.equal(watch.findings().filter(({ code }) => code === 'canary').length, 3)
})

function batchOf(time: number, values: readonly number[], sourceTime = time): SampleBatch {
  return rowsOf(
    time,
    values.map((value) => [0, value]),
    sourceTime,
  )
}

function rowsOf(time: number, rows: readonly (readonly [signal: number, value: number])[], sourceTime = time): SampleBatch {
  const builder = new BatchBuilder(rows.length)
  for (const [signal, value] of rows) builder.push(signal, sourceTime, value, 0)
  return builder.build(time)
}

/** What no ramp and no profile of a controller is: it never comes again by itself. */
const instrument = (length: number, seed = 0) =>
  Array.from({ length }, (_, i) => 50 + 10 * Math.sin(i / 9) + (((i + seed) * 7919) % 101) / 50)

test('a waveform that comes again is a replay; a counter, a switch and a ramp are none', async (t) => {
  const { watch } = await learned(t)
  const wave = instrument(120)
  const play = (values: readonly number[], name: string, from: number) => {
    for (const [i, value] of values.entries())
      watch.deliver({ connection: 'a', batch: batchOf(START + (from + i) * SECOND, [value]), nameOf: () => name, isTimeless: true })
  }
  play(
    [
      ...wave,
      ...Array.from({ length: 300 }, (_, i) => i),
      ...Array.from({ length: 300 }, (_, i) => i % 4),
      ...Array.from({ length: 300 }, (_, i) => (i % 90) / 10),
    ],
    'site/flow',
    0,
  )
  assert.deepEqual(open(watch), [])
  play(wave, 'site/flow', 1_000)
  const [finding] = watch.findings()
  assert.deepEqual([finding?.code, finding?.subject, finding?.severity], ['replayed-values', 'site/flow', 'high'])
  assert.ok(Math.abs(Number(finding?.evidence.secondsAgo) - 1_000) < 20)
})

test('each signal of a connection is held against its own past, up to a number that is told; replays that are learned stay within it', async (t) => {
  const told: unknown[] = []
  const { watch } = await openWatch(t, { log: { ...silent, warn: (...said: unknown[]) => void told.push(said) } })
  const most = FLOW_LIMITS.watchedSignals
  const wave = instrument(60)
  const replay = (signals: readonly number[]) => {
    for (const [i, value] of [...wave, ...wave].entries()) {
      const rows = signals.map((signal) => [signal, value + signal] as const)
      watch.deliver({ connection: 'a', batch: rowsOf(START + i * SECOND, rows), nameOf: (signal) => `s${signal}`, isTimeless: true })
    }
  }
  replay([70, 0, 1])
  assert.deepEqual(
    watch.baseline().changes.map(({ flow }) => flow),
    ['s0', 's1', 's70'],
  )
  // The others come once: each takes a place, one of them the last.
  const others = Array.from({ length: most - 3 }, (_, i) => [100 + i, i] as const)
  watch.deliver({ connection: 'a', batch: rowsOf(START, others), nameOf: String, isTimeless: true })
  assert.deepEqual(told, [])
  replay([50_000, 50_001])
  assert.deepEqual(told.length, 1, 'told once')
  assert.deepEqual(watch.baseline().changesTotal, 3)
})

test('evidence is cut at its length, whatever a peer sends; changes of a baseline beyond those shown are counted', async (t) => {
  const { watch, clock } = await openWatch(t)
  watch.observe(poll(clock.now(), { service: 'x'.repeat(FLOW_LIMITS.evidenceLength + 1), isWrite: true }))
  watch.observe(poll(clock.now(), { source: 'other', service: 'y'.repeat(FLOW_LIMITS.evidenceLength), isWrite: true }))
  const texts = watch.findings().flatMap(({ evidence }) => Object.values(evidence).filter((one) => /^[xy]+$/.test(`${one}`)))
  assert.deepEqual(
    texts.map((one) => `${one}`.length),
    [FLOW_LIMITS.evidenceLength, FLOW_LIMITS.evidenceLength],
  )
  const before = watch.baseline().changesTotal
  for (let i = before; i <= FLOW_LIMITS.changesShown; i++)
    watch.observe(poll(clock.now(), { service: undefined as never, unit: undefined as never, source: `h${i}` }))
  const { changes, changesTotal } = watch.baseline()
  assert.deepEqual([changes.length, changesTotal], [FLOW_LIMITS.changesShown, FLOW_LIMITS.changesShown + 1])
})

test('a state file that is larger than ours can be is not read, and said; a baseline that is, is damaged', async (t) => {
  const { watch, directory, clock } = await openWatch(t)
  watch.observe(poll(clock.now()))
  await watch.save()
  const open = async () => {
    const told: unknown[] = []
    const again = await openWatch(t, {
      directory,
      clock,
      log: { ...silent, error: (...said: unknown[]) => void told.push(JSON.stringify(said)) },
    })
    return { flows: again.watch.flows().length, state: again.watch.baseline().state, told: told.join() }
  }
  const file = join(directory, 'state.json')
  const bytes = await readFile(file)
  await truncate(file, FLOW_LIMITS.stateBytes + 1)
  const { flows, told } = await open()
  assert.equal(flows, 0)
  assert.match(told, new RegExp(`${FLOW_LIMITS.stateBytes + 1} bytes, at most ${FLOW_LIMITS.stateBytes} are ours`))
  await writeFile(file, `${bytes}${' '.repeat(1_000)}`)
  assert.deepEqual(await open(), { flows: 1, state: 'learning', told: '' })
  await writeFile(join(directory, 'baseline.json'), '')
  await truncate(join(directory, 'baseline.json'), FLOW_LIMITS.stateBytes + 1)
  assert.equal((await open()).state, 'damaged')
})

test('deliveries whose newest time stands still are a finding after five of them and three seconds; a protocol without time has none', async (t) => {
  const { watch } = await openWatch(t)
  const deliver = (second: number, sourceTime: number, isTimeless = false) =>
    watch.deliver({ connection: 'plc', batch: batchOf(START + second * SECOND, [second], sourceTime), nameOf: () => 's', isTimeless })
  for (let i = 0; i < 10; i++) deliver(i, START, true)
  for (let i = 0; i < 10; i++) deliver(i, START + i)
  assert.deepEqual(open(watch), [])
  for (let i = 0; i < 5; i++) deliver(10 + i, START)
  assert.deepEqual(open(watch), ['frozen-clock'])
})

test('nothing is learned after acceptance until somebody begins anew, and only what was reviewed is accepted', async (t) => {
  const { watch, clock, audited } = await learned(t)
  watch.observe(poll(clock.now(), { source: '10.0.0.66' }))
  assert.deepEqual([watch.baseline().state, watch.baseline().candidateHash], ['accepted', undefined])
  await watch.learn('ana')
  watch.observe(poll(clock.now()))
  watch.observe(poll(clock.now(), { source: '10.0.0.66' }))
  const { changes, candidateHash = '' } = watch.baseline()
  assert.ok(changes.some(({ change, flow, what }) => change === 'added' && flow.startsWith('10.0.0.66') && what === 'talks'))
  watch.observe(poll(clock.now(), { source: '10.0.0.67' }))
  assert.equal(await watch.accept(candidateHash, 'ana', 'new HMI'), false, 'the candidate has changed since it was shown')
  assert.equal(await watch.accept(watch.baseline().candidateHash ?? '', 'ana', 'new HMI'), true)
  assert.deepEqual(
    audited.filter(({ kind }) => kind === 'baseline').map(({ who, what }) => [who, what]),
    [
      ['ana', 'accept'],
      ['ana', 'learn'],
      ['ana', 'accept'],
    ],
  )
})

test('flows, findings and the baseline outlive the process; a baseline that somebody changed is refused and not learned over', async (t) => {
  const first = await learned(t)
  first.watch.observe(poll(first.clock.now(), { source: '10.0.0.66' }))
  const [finding] = first.watch.findings()
  await first.watch.acknowledge(finding?.id ?? '', 'ana', 'a new panel')
  await first.watch.save()
  const { directory, clock } = first
  const second = await openWatch(t, { directory, clock })
  assert.deepEqual(second.watch.flows(), first.watch.flows())
  assert.deepEqual(second.watch.findings(), first.watch.findings())
  assert.equal(second.watch.findings()[0]?.acknowledged?.reason, 'a new panel')
  assert.equal(second.watch.baseline().state, 'accepted')
  const file = join(directory, 'baseline.json')
  await writeFile(file, (await readFile(file, 'utf8')).replaceAll('10.0.0.9', '10.0.0.6'))
  const third = await openWatch(t, { directory, clock })
  assert.deepEqual([third.watch.baseline().state, third.watch.baseline().candidateHash], ['damaged', undefined])
})

test('a flow of before a conduit was cut, or before this start, is no finding; one that goes on is', async (t) => {
  const cutAt = START + 60 * SECOND
  const declared: WatchParts['declared'] = {
    policy: { zones: [{ name: 'field' }] as unknown as WatchParts['declared']['policy']['zones'], conduits: [] },
    judge: (_, time) => ({
      crossing: { from: 'field', to: 'it', transport: 'modbus', direction: 'pull' },
      decision: time < cutAt ? { permitted: true, reason: 'conduit', path: [] } : { permitted: false, reason: 'cut', path: [] },
    }),
  }
  const { watch, clock, directory } = await openWatch(t, { declared })
  const open = (one: typeof watch) => one.findings().filter(({ code, state }) => code === 'undeclared-flow' && state === 'open')
  watch.observe(poll(clock.now()))
  await clock.advance(120_000)
  await watch.tick()
  assert.deepEqual(open(watch), [])
  watch.observe(poll(clock.now()))
  await clock.advance(20_000)
  await watch.tick()
  assert.match(open(watch)[0]?.text.en ?? '', /no conduit permits this: it is cut$/)
  await watch.save()
  await clock.advance(1_000)
  const always: WatchParts['declared'] = { ...declared, judge: (ends) => declared.judge(ends, cutAt) }
  const again = await openWatch(t, { directory, clock, declared: always })
  await clock.advance(20_000)
  await again.watch.tick()
  assert.deepEqual(open(again.watch), [], 'nothing was seen since')
})

test('a flow is judged by what is declared, and not at all where no zones are', async (t) => {
  const { watch, parts } = await openWatch(t)
  const ends = { via: 'meter', source: SELF, destination: '10.0.0.5', port: 502, protocol: 'modbus' }
  assert.equal(watch.judge(ends), undefined)
  const { zones } = { zones: [{ name: 'field' }] as unknown as typeof parts.declared.policy.zones }
  const declared: typeof parts.declared = {
    policy: { zones, conduits: [] },
    judge: () => ({
      crossing: { from: 'field', to: undefined, transport: 'modbus', direction: 'pull' },
      decision: { permitted: false, reason: 'no-zone', path: [] },
    }),
  }
  const judged = (await openWatch(t, { declared })).watch.judge(ends)
  assert.deepEqual(judged, { from: 'field', to: undefined, direction: 'pull', permitted: false, reason: 'no-zone' })
})
