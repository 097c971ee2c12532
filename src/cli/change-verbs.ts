import { type Command, Option } from 'commander'
import { common, group, integerFrom, prepared } from './command.ts'
import { EXIT, type Verb } from './context.ts'

/** What depends on what, and what a change of it breaks. */
export function planVerbs(verb: Verb, program: Command, done: (exit: number) => void): void {
  const { options, plan } = verb.words
  const asking = (words: string, text: string) =>
    common(verb, prepared(verb, program.command(words), text))
      .option('--url <URL>', options.url)
      .option('-c, --config <PATH>', options.config)
  asking('plan [PATH]', plan.verb)
    .addOption(new Option('--against <PATH>', plan.against).conflicts('running'))
    .option('--running', plan.running)
    .action(async (path, given) => done(await (await import('./plan.ts')).plan(verb, path, given)))
  const applying = (words: string, text: string) =>
    common(verb, prepared(verb, program.command(words), text))
      .requiredOption('--reason <TEXT>', verb.words.apply.reason)
      .option('-c, --config <PATH>', options.config)
  applying('apply <PATH>', verb.words.apply.verb).action(async (path, given) =>
    done(await (await import('./apply.ts')).apply(verb, path, given)),
  )
  applying('rollback [VERSION]', verb.words.apply.rollbackVerb).action(async (version, given) =>
    done(await (await import('./rollback.ts')).rollback(verb, version, given)),
  )
  const lineage = asking('lineage [KIND:ID]', plan.lineageVerb)
  lineage
    .option('--backward', plan.backward)
    .option('--depth <N>', plan.depth, integerFrom(verb, 1, 64))
    .option('--limit <N>', plan.limit, integerFrom(verb, 1, 1_000), 200)
    .action(async (name, given) => {
      if (name !== undefined) return done(await (await import('./lineage.ts')).lineage(verb, name, given))
      verb.io.err(lineage.helpInformation())
      done(EXIT.failed)
    })
  // Options stand on either side of the verb below: commander gives them to the first that knows them.
  common(verb, prepared(verb, lineage.command('export'), plan.exportVerb))
    .option('--url <URL>', options.url)
    .option('-c, --config <PATH>', options.config)
    .requiredOption('--from <TIME>', options.from)
    .option('--to <TIME>', options.to, 'now')
    .requiredOption('--out <FILE>', plan.out)
    .action(async (_given, command: Command) =>
      done(await (await import('./lineage-export.ts')).lineageExport(verb, command.optsWithGlobals() as never)),
    )
}

/** A configuration from one machine to another. */
export function configVerbs(verb: Verb, program: Command, done: (exit: number) => void): void {
  const words = verb.words.configBundle
  const config = group(verb, program, done, 'config', words.verb)
  config('export [PATH]', words.exportVerb)
    .requiredOption('--out <FILE>', words.out)
    .action(async (path, given) => done(await (await import('./config.ts')).configExport(verb, path, given)))
  config('import <FILE>', words.importVerb)
    .requiredOption('--key <FILE>', words.key)
    .option('--to <DIR>', words.to)
    .option('--apply', words.apply)
    .action(async (file, given) => done(await (await import('./config.ts')).configImport(verb, file, given)))
}
