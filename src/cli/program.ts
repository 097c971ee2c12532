import { Command, CommanderError, Option } from 'commander'
import { configVerbs, planVerbs } from './change-verbs.ts'
import { common, durationFrom, group, integerFrom, languageOption, prepared } from './command.ts'
import { type CommonOptions, EXIT, type Verb } from './context.ts'
import { flowVerbs } from './flow-verbs.ts'
import { evidenceVerbs, policyVerbs } from './grouped-verbs.ts'
import { identityVerbs, spoolVerbs } from './node-verbs.ts'
import { peopleVerbs } from './people-verbs.ts'
import { recordVerbs } from './record-verbs.ts'
import { takingVerbs } from './taking-verbs.ts'

/** Understands the words of the command line and calls the verb; every verb's code is loaded only when it is called. Resolves with the exit code. */
export async function parse(verb: Verb, args: readonly string[]): Promise<number> {
  let code: number = EXIT.ok
  const program = buildProgram(verb, (exit) => {
    code = exit
  })
  if (args.length === 0) {
    verb.io.err(program.helpInformation())
    return EXIT.failed
  }
  try {
    await program.parseAsync(args, { from: 'user' })
    return code
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return error.exitCode === 0 ? EXIT.ok : usage(verb, error)
  }
}

const MAX_ROWS = 100_000
const READ_ROWS = 200
const ANSWER_ROWS = 10_000

/** Every verb with its options. `done` is told the exit code. */
export function buildProgram(verb: Verb, done: (exit: number) => void): Command {
  const { verbs, options } = verb.words
  const program = prepared(verb, new Command('ecluse'), verb.words.programme).version(verb.home.version, '-V, --version', options.version)
  program.addOption(languageOption(verb))
  const command = (words: string, text: string): Command => common(verb, prepared(verb, program.command(words), text))
  const integer = (low: number, high: number) => integerFrom(verb, low, high)
  const config = ['-c, --config <PATH>', options.config] as const
  const url = ['--url <URL>', options.url] as const

  command('demo', verbs.demo)
    .option('--for <DURATION>', options.forDuration, durationFrom(verb))
    .option('--port <N>', options.port, integer(0, 65_535), 8480)
    .option('--data <DIR>', options.data)
    .option('--scale <N>', options.scale, integer(1, 100), 1)
    .option('--no-open', options.noOpen)
    .action(async (given) => done(await (await import('./demo.ts')).demo(verb, given)))
  command('init [DIR]', verbs.init)
    .option('--site <ID>', options.site)
    .action(async (directory, given) => done(await (await import('./init.ts')).init(verb, directory ?? '.', given)))
  // These take the file as their argument; who is used to -c from the others may write that.
  command('run [PATH]', verbs.run)
    .option(...config)
    .action(async (path, given) => done(await (await import('./run.ts')).run(verb, path ?? given.config, given)))
  command('lint [PATH]', verbs.lint)
    .option('--deny-warnings', options.denyWarnings)
    .option(...config)
    .action(async (path, given) => done(await (await import('./lint.ts')).lint(verb, path ?? given.config, given)))
  command('check [PATH]', verbs.check)
    .option('--connection <NAME>', options.connection)
    .addOption(
      new Option('--timeout <DURATION>', options.timeout).argParser(durationFrom(verb)).default({ text: '30s', ms: 30_000 }, '30s'),
    )
    .option(...config)
    .action(async (path, given) =>
      done(await (await import('./check.ts')).check(verb, path ?? given.config, { ...given, timeoutMs: given.timeout.ms })),
    )
  command('test [PATH]', verbs.test)
    .option('--junit <FILE>', options.junit)
    .option(...config)
    .action(async (path, given) => done(await (await import('./test.ts')).test(verb, path ?? given.config, given)))
  command('browse <NAME>', verbs.browse)
    .option('--match <GLOB>', options.browseMatch, '**')
    .option('--limit <N>', options.limit, integer(1, MAX_ROWS), ANSWER_ROWS)
    .option(...config)
    .action(async (name, given) => done(await (await import('./browse.ts')).browse(verb, name, given)))
  command('read [MATCH]', verbs.read)
    .option('--limit <N>', options.limit, integer(1, MAX_ROWS), READ_ROWS)
    .option(...url)
    .option(...config)
    .action(async (match, given) => done(await (await import('./read.ts')).read(verb, match ?? '**', given)))
  command('watch [MATCH]', verbs.watch)
    .option('--count <N>', options.count, integer(1, Number.MAX_SAFE_INTEGER))
    .option(...url)
    .option(...config)
    .action(async (match, given) => done(await (await import('./watch.ts')).watch(verb, match ?? '**', given)))
  command('suggest [MATCH]', verbs.suggest)
    .option('--from <TIME>', options.from, '-7d')
    .option('--to <TIME>', options.to, 'now')
    .option('--min-samples <N>', options.minSamples, integer(2, MAX_ROWS), 500)
    .option(...url)
    .option(...config)
    .action(async (match, given) => done(await (await import('./suggest.ts')).suggest(verb, match ?? '**', given)))
  command('status', verbs.status)
    .option(...url)
    .option(...config)
    .action(async (given) => done(await (await import('./status.ts')).status(verb, given)))
  const contract = group(verb, program, done, 'contract', verbs.contract)
  contract('diff <A> <B>', verbs.contractDiff).action(async (a, b, given) =>
    done(await (await import('./contract.ts')).contractDiff(verb, a, b, given)),
  )
  contract('show <FILE|ID>', verbs.contractShow)
    .option(...url)
    .option(...config)
    .action(async (target, given) => done(await (await import('./contract-show.ts')).contractShow(verb, target, given)))
  spoolVerbs(verb, program, done)
  recordVerbs(verb, program, done)
  takingVerbs(verb, program, done)
  planVerbs(verb, program, done)
  const passport = verb.words.passport.options
  command('why <SIGNAL|NAME> [KEY]', verbs.why)
    .option('--use <USE>', passport.use)
    .option('--at <TIME>', options.at)
    .option('--known-at <TIME>', options.knownAt)
    .option('--value <NAME>', passport.value)
    .option('--expand <HOP>', passport.expand)
    .option('--after <N>', passport.after, integer(0, MAX_ROWS))
    .option(...url)
    .option(...config)
    .action(async (subject, key, given) => done(await (await import('./why.ts')).why(verb, subject, key, given)))
  command('ledger', verbs.ledger)
    .option('--from <TIME>', options.ledgerFrom)
    .option('--to <TIME>', options.ledgerTo)
    .option('--connection <GLOB>', options.ledgerConnection)
    .option('--signals <GLOB>', options.ledgerSignals)
    .option('--limit <N>', options.limit, integer(1, ANSWER_ROWS), READ_ROWS)
    .option(...url)
    .option(...config)
    .action(async (given) => done(await (await import('./ledger.ts')).ledger(verb, given)))
  command('schema', verbs.schema).action(async (given) => done(await (await import('./schema.ts')).schema(verb, given)))
  command('trust <NAME>', verbs.trust)
    .option('--fingerprint <SHA256>', options.fingerprint)
    .option(...config)
    .action(async (name, given) => done(await (await import('./trust.ts')).trust(verb, name, given)))
  identityVerbs(verb, program, done)
  peopleVerbs(verb, program, done)
  policyVerbs(verb, program, done)
  evidenceVerbs(verb, program, done)
  flowVerbs(verb, program, done)
  configVerbs(verb, program, done)
  command('doctor [PATH]', verbs.doctor)
    .option(...config)
    .action(async (path, given: CommonOptions & { config?: string }) =>
      done(await (await import('./doctor.ts')).doctor(verb, path ?? given.config, given)),
    )
  return program
}

/** Commander's complaint in the person's language, with the nearest word it knows. */
function usage(verb: Verb, error: CommanderError): number {
  const words = verb.words.usage
  const subject = /'([^']*)'/.exec(error.message)?.[1] ?? ''
  const near = /Did you mean (?:one of )?([^?]+)\?/.exec(error.message)?.[1]
  const say: Record<string, string> = {
    'commander.unknownOption': words.unknownOption(subject),
    'commander.unknownCommand': words.unknownCommand(subject),
    'commander.missingArgument': words.missingArgument(subject),
    'commander.missingMandatoryOptionValue': words.missingArgument(subject),
    'commander.optionMissingArgument': words.missingValue(subject),
    'commander.excessArguments': words.tooMany(),
    'commander.invalidArgument': words.invalid(reasonOf(error, subject)),
  }
  const message = say[error.code] ?? error.message
  verb.io.err(`✗ ${message}\n  ${verb.words.hint} ${near ? words.didYouMean(near) : words.seeHelp}\n`)
  return EXIT.failed
}

/** `option '--for <DURATION>' argument 'x' is invalid. REASON` */
function reasonOf(error: CommanderError, subject: string): string {
  const reason = error.message.split('is invalid.')[1]?.trim()
  return reason ? `${subject}: ${reason}` : subject
}
