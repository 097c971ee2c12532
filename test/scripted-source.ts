import { z } from 'zod'
import { BatchBuilder } from '../src/core/batch.ts'
import type { Connector } from '../src/core/connector.ts'
import { Status } from '../src/core/status.ts'
import { SECOND } from '../src/core/time.ts'

/** Ten readings a second of each signal in script time, which lies long ago: nothing in it depends on when it is told. */
export const SCRIPT_FROM = 1_700_000_000 * SECOND
const TICK_US = SECOND / 10
const ROWS = 10
const WAVES = 6
export const scriptTime = (n: number): number => SCRIPT_FROM + n * ROWS * TICK_US

/** A number that follows from its place alone (a hash, not a sequence: a device that is asked again tells the same). */
function chance(a: number, b: number): number {
  let x = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b + 1, 0xc2b2ae35)
  x = Math.imul(x ^ (x >>> 15), 0x2c1b3c6d)
  return ((x ^ (x >>> 13)) >>> 0) / 2 ** 32
}

/** Walks with spikes, stretches that do not change, values out of range, a counter that begins again, states out of turn, readings out of order, twice, and without a value. */
function saidOf(signal: number, tick: number): number {
  if (signal === 4) return (tick * 7 - (chance(4, Math.floor(tick / 900)) < 0.5 ? Math.floor(tick / 900) * 900 : 0)) % 1000
  if (signal === 5) return chance(5, Math.floor(tick / 30)) < 0.2 ? 9 : 1 + (Math.floor(tick / 30) % 3)
  const isFlat = chance(signal + 10, Math.floor(tick / 80)) < 0.2
  const at = isFlat ? Math.floor(tick / 80) * 80 : tick
  const spike = chance(signal + 20, tick) < 0.01 ? 60 : 0
  return 50 + 45 * Math.sin(at / 40 + signal) + chance(signal + 30, at) + spike
}

/** A device that says the `n`-th second of a script, each as one batch, from the one after the newest that is durable on. */
export function scriptedConnector(next: Promise<number>, total: number, onDone: () => void): Connector<{ scripted: true }> {
  return {
    kind: 'scripted',
    label: { fr: 'récité', en: 'scripted' },
    config: z.strictObject({ scripted: z.literal(true) }),
    async *check() {},
    source(_config, { signals, clock, site, connection }) {
      let ids: number[] = []
      let n = -1
      const define = (name: string, more: object) =>
        signals.define({ id: `${site}/${name}`, connection, address: name, dataType: 'number', ...more })
      return {
        counters: { dropped: {} },
        async connect() {
          const walk = { range: [0, 100], instrumentRange: [-5, 140], maxRatePerSecond: 200, flatLineUs: 3 * SECOND } as const
          const times = { expectedPeriodUs: TICK_US, spike: { threshold: 5, minimum: 5 } } as const
          ids = Array.from({ length: WAVES }, (_, i) =>
            define(`s${i}`, {
              ...(i < 4 && { ...walk, ...times }),
              ...(i === 4 && { counter: { rollover: 1000 } }),
              ...(i === 5 && {
                states: { 1: 'a', 2: 'b', 3: 'c' },
                transitions: { a: ['b'], b: ['c'], c: ['a'] },
                maxStateUs: { b: 2 * SECOND },
              }),
            }),
          )
          ids.push(define('second', {}))
          n = await next
        },
        async read(stop) {
          while (n >= total) {
            onDone()
            await new Promise<void>((resolve) => stop.addEventListener('abort', () => resolve(), { once: true }))
            stop.throwIfAborted()
          }
          // One turn of the event loop, so that the disk and the historian have theirs.
          await new Promise((resolve) => setImmediate(resolve))
          const builder = new BatchBuilder()
          for (let row = 0; row < ROWS; row++)
            for (let i = 0; i < WAVES; i++) {
              const tick = n * ROWS + row
              const what = chance(i + 40, tick)
              if (what < 0.02) continue
              const time = SCRIPT_FROM + tick * TICK_US - (what < 0.04 ? 3 * TICK_US : 0)
              const isBad = what > 0.97
              builder.push(ids[i] as number, time, isBad ? Number.NaN : saidOf(i, tick), isBad ? Status.BadSensorFailure : Status.Good)
              if (what > 0.95 && what < 0.96) builder.push(ids[i] as number, time, saidOf(i, tick), Status.Good)
            }
          builder.push(ids[WAVES] as number, SCRIPT_FROM + n * ROWS * TICK_US, n, 0)
          n++
          return { batch: builder.build(clock.now()) }
        },
        async close() {},
      }
    },
  }
}
