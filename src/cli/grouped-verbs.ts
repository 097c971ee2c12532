import type { Command } from 'commander'
import { EXIT, type Verb } from './context.ts'

/** A verb with verbs of its own. */
interface Grouped {
  readonly parent: Command
  readonly prepared: (command: Command, text: string) => Command
}

/** `ecluse policy ...`: zones, conduits and roles, as the file says them. */
export function policyVerbs(verb: Verb, { parent, prepared }: Grouped, done: (exit: number) => void): void {
  const { verbs, options } = verb.words
  parent.action(() => {
    verb.io.err(parent.helpInformation())
    done(EXIT.failed)
  })
  const sub = (words: string, text: string) => prepared(parent.command(words), text).option('-c, --config <PATH>', options.config)
  sub('explain <SUBJECT> <ACTION> <OBJECT>', verbs.policyExplain).action(async (subject, action, object, given) =>
    done(await (await import('./policy.ts')).policyExplain(verb, [subject, action, object], given)),
  )
  sub('matrix', verbs.policyMatrix).action(async (given) => done(await (await import('./policy.ts')).policyMatrix(verb, given)))
  sub('test', verbs.policyTest).action(async (given) => done(await (await import('./policy.ts')).policyTest(verb, given)))
  sub('simulate <NEWFILE>', verbs.policySimulate).action(async (file, given) =>
    done(await (await import('./policy.ts')).policySimulate(verb, file, given)),
  )
}

/** `ecluse evidence ...`: what a node can prove. */
export function evidenceGroup(verb: Verb, { parent, prepared }: Grouped, done: (exit: number) => void): void {
  const { verbs, options } = verb.words
  parent.action(() => {
    verb.io.err(parent.helpInformation())
    done(EXIT.failed)
  })
  const config = ['-c, --config <PATH>', options.config] as const
  prepared(parent.command('verify <DIR>'), verbs.evidenceVerify)
    .requiredOption('--key <FILE>', options.evidenceKeyFile)
    .action(async (directory, given) => done(await (await import('./evidence.ts')).evidenceVerify(verb, directory, given)))
  prepared(parent.command('export'), verbs.evidenceExport)
    .option('--from <TIME>', options.from, '-30d')
    .option('--to <TIME>', options.to, 'now')
    .requiredOption('--out <DIR>', options.evidenceOut)
    .option('--no-records', options.noRecords)
    .option(...config)
    .action(async (given) => done(await (await import('./evidence-export.ts')).evidenceExport(verb, given)))
  prepared(parent.command('key'), verbs.evidenceKey)
    .option(...config)
    .action(async (given) => done(await (await import('./evidence.ts')).evidenceKey(verb, given)))
}
