import { mutate } from './mutate.ts'
import { type Parser, parsers } from './parsers.ts'
import { linkParsers } from './parsers-link.ts'
import { throughNode } from './parsers-node.ts'
import type { Form, Row } from './row.ts'
import { seeded } from './seeded.ts'

/** Mutants of true messages for every parser that takes bytes from outside. `ECLUSE_INPUTS`: so many for each, for a form between the short and the long one. */
export const title = 'Mutated frames'
export const beside = 'nothing'

const STALL_MS = 50
/**
 * A slow input is tried again, so that a pause of the machine does not pass for one of the parser. It counts with the processor's time of this thread, too: others
 * at work on the machine make it wait, which holds nobody's event loop but ours.
 */
const AGAIN = 3
/** What a reader remembers begins anew after so many messages. */
const FRESH = 2_000

export async function run(form: Form): Promise<Row[]> {
  const all = [...parsers(), ...(await linkParsers())]
  const each = Number(process.env.ECLUSE_INPUTS) || (form === 'short' ? 5_000 : Math.ceil(10_000_000 / all.length))
  const rows: Row[] = []
  for (const parser of all) rows.push(await measure(parser, each))
  rows.push(await throughNode(form === 'short' ? 2_000 : 100_000))
  return rows
}

async function measure(parser: Parser, inputs: number): Promise<Row> {
  const { name, seeds, throws = [], make } = parser
  const random = seeded(process.env.ECLUSE_SEED ?? name)
  let parse = make()
  const seen = { refused: 0, uncaught: 0, stalls: 0, slowestMs: 0 }
  let example = ''
  for (let i = 0; i < inputs; i++) {
    if (i % FRESH === 0) parse = make()
    const bytes = i < seeds.length ? Buffer.from(seeds[i] as Uint8Array) : mutate(seeds, random)
    let tookMs = Number.POSITIVE_INFINITY
    for (let attempt = 0; attempt < AGAIN && tookMs > STALL_MS; attempt++) {
      const begin = performance.now()
      const cpu = process.threadCpuUsage()
      try {
        const result = parse(bytes)
        if (result instanceof Promise) await result
      } catch (error) {
        if (throws.some((kind) => error instanceof kind)) seen.refused++
        else {
          seen.uncaught++
          example ||= `${error instanceof Error ? error.message.slice(0, 80) : error} on ${bytes.subarray(0, 64).toString('hex')}`
        }
      }
      const { user, system } = process.threadCpuUsage(cpu)
      tookMs = Math.min(tookMs, performance.now() - begin, (user + system) / 1000)
    }
    seen.slowestMs = Math.max(seen.slowestMs, tookMs)
    if (tookMs > STALL_MS) seen.stalls++
  }
  return {
    fault: `mutated: ${name}`,
    method: 'bits, bytes, lengths, cuts, repetitions, splices of true messages',
    runs: inputs,
    target: 'uncaught errors 0, stalls over 50 ms 0',
    figure: `uncaught ${seen.uncaught}, stalls ${seen.stalls}; slowest ${seen.slowestMs.toFixed(1)} ms; ${seen.refused.toLocaleString('en')} refused${example && `; first: ${example}`}`,
    met: seen.uncaught + seen.stalls === 0,
  }
}
