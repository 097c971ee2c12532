import { existsSync } from 'node:fs'
import type { LoadedConfig, LoadedConnection } from '../config/index.ts'
import { type CheckStep, failedStep } from '../core/connector.ts'
import { NotConnected } from '../core/errors.ts'
import { saidIn } from '../core/peer-faults.ts'
import { choose, load, sourceContext } from './configuration.ts'
import { type CommonOptions, EXIT, type Exit, logOf, Refused, type Verb } from './context.ts'
import { paint, printable, writeResult } from './output.ts'

export interface CheckOptions extends CommonOptions {
  readonly connection?: string
  readonly timeoutMs: number
}

type Reported = CheckStep & { readonly connection: string }

/** `ecluse check [PATH]`: lint, then every device, step by step as it happens. */
export async function check(verb: Verb, path: string | undefined, options: CheckOptions): Promise<Exit> {
  const { io, words } = verb
  // `browse` and `trust` take a connection's name in this place.
  if (path !== undefined && !/[./\\]/.test(path) && !existsSync(path))
    throw new Refused(words.check.notAFile(path), words.check.oneConnection(path))
  const loaded = await load(verb, path)
  const connections = choose(verb, loaded, options.connection)
  const reported: Reported[] = []
  let failed = 0
  for (const connection of connections) {
    if (options.output === 'table') io.out(`${connection.name} (${connection.kind})\n`)
    let reached = true
    for await (const step of steps(verb, loaded, connection, options)) {
      reported.push({ connection: connection.name, ...step })
      reached &&= step.ok
      if (options.output === 'table') io.out(line(verb, step))
    }
    if (!reached) failed++
  }
  const summary =
    connections.length === 0
      ? words.check.none
      : failed === 0
        ? words.check.passed(connections.length)
        : words.check.failed(failed, connections.length)
  writeResult(io, options.output, { ok: failed === 0, steps: reported }, () => summary)
  return failed === 0 ? EXIT.ok : EXIT.failed
}

/** The connector's steps; a device that never ends, or a connector that throws, becomes a failed step. */
async function* steps(
  verb: Verb,
  loaded: LoadedConfig,
  { name, config, connector }: LoadedConnection,
  options: CheckOptions,
): AsyncGenerator<CheckStep> {
  const { words } = verb
  const deadline = new AbortController()
  const timer = setTimeout(() => deadline.abort(), options.timeoutMs)
  const stop = AbortSignal.any([deadline.signal, verb.io.stopSignal()])
  const late = { step: 'time', ok: false, detail: words.check.timeout(options.timeoutMs / 1000), hint: words.check.timeoutHint }
  let finished = false
  try {
    for await (const step of connector.check(config, sourceContext(verb, loaded, name, logOf(verb, options)), stop)) {
      yield said(step, verb.language)
      finished = !step.ok
    }
    if (deadline.signal.aborted && !finished) yield late
  } catch (error) {
    if (deadline.signal.aborted) yield late
    else if (error instanceof NotConnected) {
      yield said(failedStep('connect', error), verb.language)
    } else throw error
  } finally {
    clearTimeout(timer)
  }
}

function said({ fault, ...step }: CheckStep, language: Verb['language']): CheckStep {
  const [detail, hint] = saidIn(language, { message: step.detail, hint: step.hint, fault })
  return { ...step, detail, ...(hint && { hint }) }
}

function line(verb: Verb, { step, ok, detail, hint, latencyMs }: CheckStep): string {
  const { bad, dim } = paint(verb.io.colour.out)
  const mark = ok ? '✓' : bad('✗')
  const took = latencyMs === undefined ? '' : dim(` (${latencyMs < 10 ? latencyMs.toFixed(1) : Math.round(latencyMs)} ms)`)
  const first = `  ${mark} ${step.padEnd(12)} ${printable(detail)}${took}\n`
  return ok || !hint ? first : `${first}    ${verb.words.hint} ${printable(hint)}\n`
}
