import { type Command, Option } from 'commander'
import { common, durationFrom, integerFrom, prepared, shareFrom } from './command.ts'
import type { Verb } from './context.ts'

const READ_ROWS = 200
const ANSWER_ROWS = 10_000

/** The verbs of IT records and of what is computed. */
export function recordVerbs(verb: Verb, program: Command, done: (exit: number) => void): void {
  const { verbs, options } = verb.words
  const asking = (command: Command) =>
    common(verb, command).option('--url <URL>', options.url).option('-c, --config <PATH>', options.config)
  const limit = (command: Command) => command.option('--limit <N>', options.limit, integerFrom(verb, 1, ANSWER_ROWS), READ_ROWS)
  const code = () => import('./records.ts')
  const records = prepared(verb, program.command('records [KIND]'), verbs.records)
  limit(asking(records))
    .option('--key <VALUES>', options.recordKey)
    .option('--source <NAME>', options.recordSource)
    .option('--from <TIME>', options.periodFrom)
    .option('--to <TIME>', options.periodTo)
    .option('--known-at <TIME>', options.knownAt)
    .option('--versions', options.versions)
    .action(async (kind, given) => done(await (await code()).records(verb, kind, given)))
  // Options stand on either side of the verb below: commander gives them to the first that knows them.
  const sub = (words: string, text: string) => asking(prepared(verb, records.command(words), text))
  const all = (command: Command) => command.optsWithGlobals() as never
  limit(sub('quarantine', verbs.recordsQuarantine)).action(async (_given, command) =>
    done(await (await code()).recordsQuarantine(verb, all(command))),
  )
  const deciding = (command: Command) => command.requiredOption('--reason <TEXT>', options.reason).option('--by <NAME>', options.by)
  deciding(sub('release <ID...>', verbs.recordsRelease)).action(async (ids, _given, command) =>
    done(await (await code()).recordsRelease(verb, ids, all(command))),
  )
  deciding(sub('discard <ID...>', verbs.recordsDiscard)).action(async (ids, _given, command) =>
    done(await (await code()).recordsDiscard(verb, ids, all(command))),
  )
  sub('equipment', verbs.recordsEquipment).action(async (_given, command) =>
    done(await (await code()).recordsEquipment(verb, all(command))),
  )

  limit(asking(prepared(verb, program.command('facts [NAME]'), verbs.facts)))
    .option('--key <KEY>', options.factKey)
    .option('--equipment <PATH>', options.factEquipment)
    .option('--from <TIME>', options.periodFrom)
    .option('--to <TIME>', options.periodTo)
    .option('--known-at <TIME>', options.knownAt)
    .option('--revisions', options.revisions)
    .option('--out <FILE>', options.factsOut)
    .action(async (name, given) => done(await (await import('./facts.ts')).facts(verb, name, given)))
  asking(prepared(verb, program.command('discover <TARGET>'), verbs.discover))
    .option('--from <TIME>', options.from, '-30d')
    .option('--to <TIME>', options.to, 'now')
    .addOption(
      new Option('--lead <DURATION>', options.discoverLead).argParser(durationFrom(verb)).default({ text: '10min', ms: 600_000 }, '10min'),
    )
    .option('--match <GLOB>', options.discoverMatch)
    .option('--fdr <SHARE>', options.discoverFdr, shareFrom(verb), '0.05')
    .option('--seed <N>', options.discoverSeed, integerFrom(verb, 0, 2 ** 32 - 1), 1)
    .action(async (target, given) => done(await (await import('./discover.ts')).discover(verb, target, given)))
  asking(prepared(verb, program.command('recompute [NAME]'), verbs.recompute))
    .requiredOption('--from <TIME>', options.recomputeFrom)
    .option('--to <TIME>', options.recomputeTo)
    .action(async (name, given) => done(await (await import('./facts.ts')).recompute(verb, name, given)))
}
