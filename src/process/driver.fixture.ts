import type { Change, Derivation, Unit } from '../core/derivation.ts'
import type { StoredFact } from '../core/facts.ts'
import { MemoryHistory } from '../core/memory-history.fixture.ts'
import type { Micros } from '../core/time.ts'

/** A simple engine over one derivation and a history in memory: for tests. */
export class Driver {
  readonly history: MemoryHistory
  readonly #derivation: Derivation
  #waiting: Unit[] = []

  constructor(derivation: Derivation, history = new MemoryHistory()) {
    this.#derivation = derivation
    this.history = history
  }

  async absorb(change: Change): Promise<void> {
    for (const unit of await this.#derivation.touched([change], this.history)) this.#wait(unit)
  }

  #wait(unit: Unit): void {
    const meets = (one: Unit) => one.key === unit.key && one.from <= unit.to && unit.from <= one.to
    const same = [unit, ...this.#waiting.filter(meets)]
    const merged = { ...unit, from: Math.min(...same.map(({ from }) => from)), to: Math.max(...same.map(({ to }) => to)) }
    this.#waiting = [...this.#waiting.filter((one) => !meets(one)), merged]
  }

  /** Computes what the watermark has passed, until nothing is left. */
  async compute(watermark: Micros): Promise<void> {
    for (;;) {
      const ready = this.#waiting.filter(({ to }) => to <= watermark)
      if (ready.length === 0) return
      this.#waiting = this.#waiting.filter(({ to }) => to > watermark)
      await this.publish(ready, watermark)
    }
  }

  async publish(units: readonly Unit[], watermark: Micros): Promise<void> {
    for (const { unit, facts, samples, signals, next } of await this.#derivation.compute(units, this.history, {
      watermark,
      cause: 'first',
    })) {
      for (const known of this.#factsOf(unit)) {
        if (!facts.some(({ key }) => key === known.key)) this.history.publish({ ...known, isWithdrawn: true })
      }
      for (const fact of facts) this.history.publish(fact)
      for (const signal of signals ?? []) {
        const kept = (this.history.samples.get(signal) ?? []).filter(({ time }) => time < unit.from || time > unit.to)
        this.history.samples.set(signal, kept)
      }
      for (const { signal, time, value, text, status } of samples) this.history.sample(signal, time, text ?? value, status)
      for (const one of next ?? []) this.#wait(one)
    }
  }

  #factsOf({ key, from, to }: Unit): StoredFact[] {
    return this.facts().filter((fact) => fact.key.slice(0, fact.key.lastIndexOf('@')) === key && fact.from >= from && fact.from <= to)
  }

  /** What goes on is looked at a last time. */
  async finish(watermark: Micros): Promise<void> {
    const last = this.#waiting.map((unit) => ({ ...unit, from: Math.min(unit.from, watermark), to: Math.min(unit.to, watermark) }))
    this.#waiting = []
    await this.publish(last, watermark)
  }

  facts(): StoredFact[] {
    const newest = new Map(this.history.published.map((one) => [one.key, one]))
    return [...newest.values()].filter(({ isWithdrawn }) => !isWithdrawn).sort((a, b) => a.from - b.from)
  }
}
