import type { Command } from 'commander'
import { common, integerFrom, prepared } from './command.ts'
import { EXIT, type Verb } from './context.ts'

const ROWS = 10_000

/** Observed flows, findings about them, and what is taken for usual. */
export function flowVerbs(verb: Verb, program: Command, done: (exit: number) => void): void {
  const { verbs, options } = verb.words
  const asking = (command: Command) =>
    common(verb, command).option('--url <URL>', options.url).option('-c, --config <PATH>', options.config)
  const limit = (command: Command, rows: number) => command.option('--limit <N>', options.limit, integerFrom(verb, 1, ROWS), rows)
  const code = () => import('./flows.ts')
  const all = (command: Command) => command.optsWithGlobals() as never
  limit(asking(prepared(verb, program.command('flows'), verbs.flows)).option('--via <NAME>', options.via), 1_000).action(async (given) =>
    done(await (await code()).flows(verb, given)),
  )
  const findings = limit(
    asking(prepared(verb, program.command('findings'), verbs.findings)).option('--state <STATE>', options.findingState),
    200,
  )
  findings.action(async (given) => done(await (await code()).findings(verb, given)))
  asking(prepared(verb, findings.command('acknowledge <ID>'), verbs.findingsAcknowledge))
    .requiredOption('--reason <TEXT>', options.reason)
    .action(async (id, _given, command) => done(await (await code()).acknowledge(verb, id, all(command))))
  const baseline = prepared(verb, program.command('baseline'), verbs.baseline)
  baseline.action(() => {
    verb.io.err(baseline.helpInformation())
    done(EXIT.failed)
  })
  asking(prepared(verb, baseline.command('show'), verbs.baselineShow)).action(async (given) =>
    done(await (await code()).baselineShow(verb, given)),
  )
  asking(prepared(verb, baseline.command('learn'), verbs.baselineLearn)).action(async (given) =>
    done(await (await code()).baselineLearn(verb, given)),
  )
  asking(prepared(verb, baseline.command('accept <HASH>'), verbs.baselineAccept))
    .requiredOption('--reason <TEXT>', options.reason)
    .action(async (hash, given) => done(await (await code()).baselineAccept(verb, hash, given)))
}
