import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { StoredFact } from '../../core/facts.ts'
import { rank } from '../../core/status.ts'
import { cases } from '../../lib/thorough.fixture.ts'
import { expectedEfforts, expectedFlights, expectedPerFlight, expectedReviews } from './oracle.fixture.ts'
import { type Action, actions, Plant } from './plant.fixture.ts'

const inForce = async (plant: Plant, definition: string): Promise<StoredFact[]> =>
  (await plant.history.facts({ definition, limit: 1_000 })).facts

/** However it came to be known, and whenever the engine was started anew: what is published at last follows from what is known at last. */
async function check(all: readonly Action[]): Promise<void> {
  const plant = new Plant()
  await plant.play(all)
  await plant.settle()
  const found = new Map(
    (await inForce(plant, 'turnaround')).map((fact) => [
      fact.key,
      {
        ...{ from: fact.from, to: fact.to },
        values: Object.fromEntries(
          Object.entries(fact.values).map(([name, { value, status, coverage }]) => [
            name,
            { value: rounded(value), severity: rank(status), coverage: rounded(coverage) },
          ]),
        ),
      },
    ]),
  )
  const expected = new Map(
    [...expectedFlights(plant.history, plant.watermark)].map(([key, { from, to, values }]) => [
      key,
      {
        from,
        to,
        values: Object.fromEntries(
          Object.entries(values).map(([name, { value, severity, coverage }]) => [
            name,
            { value: rounded(value), severity, coverage: rounded(coverage) },
          ]),
        ),
      },
    ]),
  )
  assert.deepEqual(sorted(found), sorted(expected))
  const reviews = new Map((await inForce(plant, 'review')).map(({ key, values }) => [key, values.flights?.value]))
  assert.deepEqual(sorted(reviews), sorted(expectedReviews(plant.history, plant.watermark)))
  const efforts = new Map(
    (await inForce(plant, 'effort')).map(({ key, values: { value, mean, works, worked } }) => [
      key,
      {
        ...{ value: rounded(value?.value), severity: rank(value?.status ?? 0), good: rounded(mean?.coverage) },
        ...{ coverage: rounded(works?.coverage), worked: worked?.value },
      },
    ]),
  )
  const expectedEffort = [...expectedEfforts(plant.history, plant.watermark)].map(
    ([key, one]) => [key, { ...one, value: rounded(one.value), good: rounded(one.good), coverage: rounded(one.coverage) }] as const,
  )
  assert.deepEqual(sorted(efforts), sorted(new Map(expectedEffort)))
  const perFlight = new Map((await inForce(plant, 'perFlight')).map(({ key, values }) => [key, values.works?.value]))
  assert.deepEqual(sorted(perFlight), sorted(expectedPerFlight(plant.history, plant.watermark)))
  const causes = new Map<string, string[]>()
  for (const { definition, key, cause } of plant.history.published) {
    const of = `${definition} ${key}`
    causes.set(of, [...(causes.get(of) ?? []), cause])
  }
  for (const [of, list] of causes) {
    assert.deepEqual(
      list.map((cause) => cause === 'first'),
      list.map((_, i) => i === 0),
      `${of}: ${list}`,
    )
    assert.ok(!list.includes('declaration') && !(of.startsWith('turnaround') && list.includes('fact')), `${of}: ${list}`)
  }
  for (const view of plant.engine.view()) assert.equal(view.isStopped, false, view.problem)
}

const rounded = (value: unknown) => (typeof value === 'number' ? Math.round(value * 1e6) / 1e6 : value)
const sorted = <T>(map: ReadonlyMap<string, T>) => Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)))

test('facts equal one computation from the final history, however it came to be', async () => {
  await fc.assert(fc.asyncProperty(actions, check), { numRuns: cases(300, 5_000) })
})
