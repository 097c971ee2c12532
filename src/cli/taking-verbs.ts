import { type Command, Option } from 'commander'
import { common, integerFrom, prepared } from './command.ts'
import type { Verb } from './context.ts'
import { TABLE_FORMS } from './table-file.ts'

/** The most rows that a node answers with, and how many when nobody says. */
const SQL_ROWS = 10_000
const READ_ROWS = 1_000

/** `ecluse query` and `ecluse export`: data that is taken out. */
export function takingVerbs(verb: Verb, program: Command, done: (exit: number) => void): void {
  const { options, taking } = verb.words
  const asking = (words: string, text: string) =>
    common(verb, prepared(verb, program.command(words), text))
      .option('--url <URL>', options.url)
      .option('-c, --config <PATH>', options.config)
  asking('query [SQL]', taking.queryVerb)
    .option('--file <FILE>', taking.sqlFile)
    .option('--limit <N>', taking.sqlLimit, integerFrom(verb, 1, SQL_ROWS), READ_ROWS)
    .option('--csv', taking.csv)
    .action(async (sql, given) => done(await (await import('./query.ts')).query(verb, sql, given)))
  asking('export <MATCH>', taking.exportVerb)
    .option('--from <TIME>', options.from, '-1h')
    .option('--to <TIME>', options.to, 'now')
    .option('--out <FILE>', taking.out)
    .addOption(new Option('--form <FORM>', taking.form).choices(TABLE_FORMS))
    .option('--unit <UNIT>', taking.unit)
    .option('--known-at <TIME>', options.knownAt)
    .action(async (match, given) => done(await (await import('./export.ts')).exportSamples(verb, match, given)))
}
