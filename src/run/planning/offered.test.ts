import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { KeptConfigurations } from '../../core/node-view.ts'
import { type Candidate, PlanRefused } from '../../core/planning.ts'
import { PLANNING_LIMITS } from './limits.ts'
import { planning } from './start.ts'

const FILE = `version: 1
site: { id: t }
equipment: { line: { level: work-unit } }
derive:
  - { id: power, for: line, inputs: { current: current }, expression: "current * quantity(400.0, 'V')", unit: W, tolerance: 1s }
kpis:
  mean: { formula: p, unit: W, per: hour, lookBack: 1s, inputs: { p: { signal: line/power, function: TimeAverage2 } } }
connections:
  plc:
    kind: modbus
    host: 127.0.0.1
    signals:
      - { id: line/current, table: holding-register, address: 0, type: float32, unit: A }
      - { id: line/speed, table: holding-register, address: 2, type: float32 }
`
const WITHOUT = FILE.replace(/ {6}- \{ id: line\/current.*\n/, '')

const kept = (files: Record<string, string>, entry = 'ecluse.yaml'): KeptConfigurations => ({
  list: async () => [],
  read: async (version) =>
    version === 'running' ? { version, keptTime: 0, entry, files: Object.keys(files), texts: Object.values(files) } : undefined,
})

const offer = (text: string, more: Partial<Candidate> = {}): Candidate => ({
  ...{ files: [{ name: 'ecluse.yaml', text }], isWhole: false, language: 'en' },
  ...more,
})

const planner = (
  files: Record<string, string> = { 'ecluse.yaml': FILE },
  more: { version?: string; planMs?: number; memoryMiB?: number } = {},
) => planning({ configurations: kept(files), version: 'running', signals: () => [], ...more })

const refused = (code: string) => (error: unknown) => error instanceof PlanRefused && error.code === code

test('an offered file is compared with the one that runs: what goes breaks what names it', async () => {
  const plan = planner()
  const same = await plan(offer(FILE))
  assert.deepEqual([same.plan?.ok, same.plan?.changes.length], [true, 0])
  const { plan: told } = await plan(offer(WITHOUT))
  assert.equal(told?.before, 'running')
  assert.deepEqual(told?.changes[0]?.ids, ['t/line/current'])
  assert.ok(told?.breaks.some(({ kind, id }) => kind === 'signal' && id === 't/line/power'))
  assert.ok(told?.breaks.some(({ kind, id }) => kind === 'kpi' && id === 'mean'))
})

test('a file takes the place of the one of its name, unless the offer is whole; what cannot be read has no plan', async () => {
  const contract = `apiVersion: v3.1.0
kind: DataContract
id: line
name: The line
version: 1.0.0
status: active
schema: [{ name: line, properties: [{ name: current, logicalType: number, customProperties: [{ property: signal, value: line/current }] }] }]
`
  const withContract = `${FILE}contracts: [c.odcs.yaml]\n`
  const plan = planner({ 'ecluse.yaml': withContract, 'c.odcs.yaml': contract })
  const kept = await plan(offer(withContract))
  assert.deepEqual(kept.plan?.contracts, [])
  const whole = await plan(offer(withContract, { isWhole: true }))
  assert.equal(whole.plan?.ok, false)
  assert.ok(whole.problems.some(({ code, file }) => code === 'E_CONTRACT_FILE' && file === 'ecluse.yaml'))
  const unread = await plan(offer('site: ['))
  assert.ok(unread.plan === undefined && unread.problems.length > 0)
})

test('nothing of this machine is read: no secret, no variable, no contract elsewhere', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'ecluse-elsewhere-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'secret.odcs.yaml'), 'very: secret-text')
  process.env.ECLUSE_TEST_ONLY = 'secret-text'
  t.after(() => delete process.env.ECLUSE_TEST_ONLY)
  const up = '../'.repeat(20)
  for (const pattern of [
    `${folder}/*.odcs.yaml`,
    `${up}${folder}/*.odcs.yaml`,
    `{${folder},x}/*.odcs.yaml`,
    `${'{.,}{.,}/'.repeat(3)}*.odcs.yaml`,
  ]) {
    const text = `${FILE}contracts: ['${pattern}']\n`.replace(
      'id: t }',
      `id: t, label: { en: "\${env:ECLUSE_TEST_ONLY} \${file:${folder}/secret.odcs.yaml}" } }`,
    )
    const found = await planner()(offer(text))
    assert.ok(
      found.problems.some(({ code }) => code === 'E_CONTRACT_FILE'),
      pattern,
    )
    assert.ok(!JSON.stringify(found).includes('secret-text'), pattern)
  }
})

test('what is offered has limits, and one plan is made at a time and for so long', async () => {
  const plan = planner()
  for (const name of [
    '../ecluse.yaml',
    '/etc/ecluse.yaml',
    'a/../b.yaml',
    'ecluse.txt',
    '.yaml',
    `${'x'.repeat(PLANNING_LIMITS.nameLength)}.yaml`,
  ])
    await assert.rejects(plan(offer('', { files: [{ name, text: '' }] })), refused('bad-name'), name)
  const many = Array.from({ length: PLANNING_LIMITS.files + 1 }, (_, i) => ({ name: `f${i}.yaml`, text: '' }))
  await assert.rejects(plan(offer('', { files: many })), refused('too-long'))
  await assert.rejects(plan(offer('x'.repeat(PLANNING_LIMITS.characters + 1))), refused('too-long'))
  const first = plan(offer(FILE))
  await assert.rejects(plan(offer(FILE)), refused('busy'))
  assert.equal((await first).plan?.ok, true)
  await assert.rejects(planner(undefined, { planMs: 1 })(offer(FILE)), refused('took-too-long'))
  await assert.rejects(planner(undefined, { memoryMiB: 8 })(offer(FILE)), { code: 'failed', message: /memory limit/ })
  await assert.rejects(planner(undefined, { version: 'another' })(offer(FILE)), refused('not-kept'))
})
