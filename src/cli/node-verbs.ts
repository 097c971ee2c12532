import { type Command, Option } from 'commander'
import { common, durationFrom, group, integerFrom, prepared } from './command.ts'
import type { Verb } from './context.ts'

/** The verbs with which edges, relays and hubs get to know each other. */
export function identityVerbs(verb: Verb, program: Command, done: (exit: number) => void): void {
  const { verbs, options } = verb.words
  const config = ['-c, --config <PATH>', options.config] as const
  common(verb, prepared(verb, program.command('enroll <TOKEN>'), verbs.enroll))
    .option('--data <DIR>', options.identityData)
    .option('--replace', options.replace)
    .option(...config)
    .action(async (token, given) => done(await (await import('./enroll.ts')).enrollNode(verb, token, given)))
  const node = group(verb, program, done, 'node', verbs.node)
  node('add <NAME>', verbs.nodeAdd)
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
  node('list', verbs.nodeList)
    .option(...config)
    .action(async (given) => done(await (await import('./node.ts')).nodeList(verb, given)))
  node('revoke <NAME>', verbs.nodeRevoke)
    .requiredOption('--reason <TEXT>', options.reason)
    .option(...config)
    .action(async (name, given) => done(await (await import('./node.ts')).nodeRevoke(verb, name, given)))
}

/** The log of a node, as files. */
export function spoolVerbs(verb: Verb, program: Command, done: (exit: number) => void): void {
  const { verbs, options } = verb.words
  const made = group(verb, program, done, 'spool', verbs.spool)
  const sub = (words: string, text: string) => made(words, text).option('-c, --config <PATH>', options.config)
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
