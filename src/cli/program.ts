import { Command, CommanderError, Option } from 'commander'
import { common, durationFrom, integerFrom, languageOption, prepared, shareFrom } from './command.ts'
import { type CommonOptions, EXIT, type Verb } from './context.ts'
import { flowVerbs } from './flow-verbs.ts'
import { evidenceVerbs, policyVerbs } from './grouped-verbs.ts'
import { peopleVerbs } from './people-verbs.ts'
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
  const contract = prepared(verb, program.command('contract'), verbs.contract)
  contract.action(() => {
    verb.io.err(contract.helpInformation())
    done(EXIT.failed)
  })
  common(verb, prepared(verb, contract.command('diff <A> <B>'), verbs.contractDiff)).action(async (a, b, given) =>
    done(await (await import('./contract.ts')).contractDiff(verb, a, b, given)),
  )
  common(verb, prepared(verb, contract.command('show <FILE|ID>'), verbs.contractShow))
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
  addIdentity(verb, program, done)
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

function spoolVerbs(verb: Verb, program: Command, done: (exit: number) => void): void {
  const { verbs, options } = verb.words
  const spool = prepared(verb, program.command('spool'), verbs.spool)
  spool.action(() => {
    verb.io.err(spool.helpInformation())
    done(EXIT.failed)
  })
  const sub = (words: string, text: string) =>
    common(verb, prepared(verb, spool.command(words), text)).option('-c, --config <PATH>', options.config)
  const code = () => import('./spool.ts')
  const sequence = integerFrom(verb, 1, Number.MAX_SAFE_INTEGER)
  sub('inspect [DIR]', verbs.spoolInspect).action(async (directory, given) =>
    done(await (await code()).spoolInspect(verb, directory, given)),
  )
  sub('verify [DIR]', verbs.spoolVerify).action(async (directory, given) => done(await (await code()).spoolVerify(verb, directory, given)))
  sub('export [DIR]', verbs.spoolExport)
    .option('--from <N>', options.fromSequence, sequence)
    .option('--to <N>', options.toSequence, sequence)
    .option('--gaps <FILE>', options.gaps)
    .option('--out <FILE>', options.out)
    .action(async (directory, given) => done(await (await code()).spoolExport(verb, directory, given)))
  sub('import <FILE>', verbs.spoolImport).action(async (path, given) => done(await (await code()).spoolImport(verb, path, given)))
}

/** What depends on what, and what a change of it breaks. */
function planVerbs(verb: Verb, program: Command, done: (exit: number) => void): void {
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

/** The verbs of IT records and of what is computed. */
function recordVerbs(verb: Verb, program: Command, done: (exit: number) => void): void {
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

/** A configuration from one machine to another. */
function configVerbs(verb: Verb, program: Command, done: (exit: number) => void): void {
  const words = verb.words.configBundle
  const config = prepared(verb, program.command('config'), words.verb)
  config.action(() => {
    verb.io.err(config.helpInformation())
    done(EXIT.failed)
  })
  common(verb, prepared(verb, config.command('export [PATH]'), words.exportVerb))
    .requiredOption('--out <FILE>', words.out)
    .action(async (path, given) => done(await (await import('./config.ts')).configExport(verb, path, given)))
  common(verb, prepared(verb, config.command('import <FILE>'), words.importVerb))
    .requiredOption('--key <FILE>', words.key)
    .option('--to <DIR>', words.to)
    .option('--apply', words.apply)
    .action(async (file, given) => done(await (await import('./config.ts')).configImport(verb, file, given)))
}

/** The verbs with which edges, relays and hubs get to know each other. */
function addIdentity(verb: Verb, program: Command, done: (exit: number) => void): void {
  const { verbs, options } = verb.words
  const config = ['-c, --config <PATH>', options.config] as const
  common(verb, prepared(verb, program.command('enroll <TOKEN>'), verbs.enroll))
    .option('--data <DIR>', options.identityData)
    .option('--replace', options.replace)
    .option(...config)
    .action(async (token, given) => done(await (await import('./enroll.ts')).enrollNode(verb, token, given)))
  const node = prepared(verb, program.command('node'), verbs.node)
  node.action(() => {
    verb.io.err(node.helpInformation())
    done(EXIT.failed)
  })
  common(verb, prepared(verb, node.command('add <NAME>'), verbs.nodeAdd))
    .addOption(
      new Option('--lifetime <DURATION>', options.lifetime)
        .argParser(durationFrom(verb))
        .default({ text: '15min', ms: 15 * 60_000 }, '15min'),
    )
    .option('--address <HOST:PORT>', options.edgeAddress)
    .option('--relay', options.relay)
    .option('--replace', options.replace)
    .option(...config)
    .action(async (name, given) => done(await (await import('./node.ts')).nodeAdd(verb, name, { ...given, lifetimeMs: given.lifetime.ms })))
  common(verb, prepared(verb, node.command('list'), verbs.nodeList))
    .option(...config)
    .action(async (given) => done(await (await import('./node.ts')).nodeList(verb, given)))
  common(verb, prepared(verb, node.command('revoke <NAME>'), verbs.nodeRevoke))
    .requiredOption('--reason <TEXT>', options.reason)
    .option(...config)
    .action(async (name, given) => done(await (await import('./node.ts')).nodeRevoke(verb, name, given)))
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
