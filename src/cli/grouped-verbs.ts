import type { Command } from 'commander'
import { common, group, integerFrom, prepared } from './command.ts'
import type { Verb } from './context.ts'

/** Entries of the audit log that are shown when nobody says how many. */
const READ_ROWS = 200

/** `ecluse policy ...`: zones, conduits and roles, as the file says them. */
export function policyVerbs(verb: Verb, program: Command, done: (exit: number) => void): void {
  const { verbs, options } = verb.words
  const made = group(verb, program, done, 'policy', verbs.policy)
  const policy = (words: string, text: string) => made(words, text).option('-c, --config <PATH>', options.config)
  const code = () => import('./policy.ts')
  policy('explain <SUBJECT> <ACTION> <OBJECT>', verbs.policyExplain).action(async (subject, action, object, given) =>
    done(await (await code()).policyExplain(verb, [subject, action, object], given)),
  )
  policy('matrix', verbs.policyMatrix).action(async (given) => done(await (await code()).policyMatrix(verb, given)))
  policy('test', verbs.policyTest).action(async (given) => done(await (await code()).policyTest(verb, given)))
  policy('simulate <NEWFILE>', verbs.policySimulate).action(async (file, given) =>
    done(await (await code()).policySimulate(verb, file, given)),
  )
}

/** `ecluse evidence ...` and `ecluse audit`: what a node can prove, and what was done on it. */
export function evidenceVerbs(verb: Verb, program: Command, done: (exit: number) => void): void {
  const { verbs, options } = verb.words
  const config = ['-c, --config <PATH>', options.config] as const
  const evidence = group(verb, program, done, 'evidence', verbs.evidence)
  evidence('verify <DIR|FILE>', verbs.evidenceVerify)
    .requiredOption('--key <FILE>', options.evidenceKeyFile)
    .action(async (directory, given) => done(await (await import('./evidence.ts')).evidenceVerify(verb, directory, given)))
  evidence('export', verbs.evidenceExport)
    .option('--from <TIME>', options.from, '-30d')
    .option('--to <TIME>', options.to, 'now')
    .requiredOption('--out <DIR>', options.evidenceOut)
    .option('--no-records', options.noRecords)
    .option(...config)
    .action(async (given) => done(await (await import('./evidence-export.ts')).evidenceExport(verb, given)))
  evidence('key', verbs.evidenceKey)
    .option(...config)
    .action(async (given) => done(await (await import('./evidence.ts')).evidenceKey(verb, given)))
  common(verb, prepared(verb, program.command('audit'), verbs.audit))
    .option('--from <TIME>', options.periodFrom)
    .option('--to <TIME>', options.periodTo)
    .option('--kind <KIND>', options.auditKind)
    .option('--limit <N>', options.limit, integerFrom(verb, 1, 5_000), READ_ROWS)
    .option('--url <URL>', options.url)
    .option(...config)
    .action(async (given) => done(await (await import('./audit.ts')).audit(verb, given)))
}
