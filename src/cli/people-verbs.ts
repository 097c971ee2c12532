import { type Command, Option } from 'commander'
import { common, integerFrom, prepared } from './command.ts'
import { EXIT, type Verb } from './context.ts'

const MOST_DAYS = 366

/** `ecluse user` and `ecluse token`: who may come in, through the running node. */
export function peopleVerbs(verb: Verb, program: Command, done: (exit: number) => void): void {
  const { verbs, options } = verb.words.people
  const group = (name: string, text: string) => {
    const made = prepared(verb, program.command(name), text)
    made.action(() => {
      verb.io.err(made.helpInformation())
      done(EXIT.failed)
    })
    return (words: string, about: string) =>
      common(verb, prepared(verb, made.command(words), about))
        .option('--url <URL>', verb.words.options.url)
        .option('-c, --config <PATH>', verb.words.options.config)
  }
  const code = () => import('./user.ts')
  const user = group('user', verbs.user)
  user('list', verbs.userList).action(async (given) => done(await (await code()).userListing(verb, given)))
  user('add <NAME>', verbs.userAdd)
    .option('--role <ROLE...>', options.role)
    .action(async (name, given) => done(await (await code()).userAdd(verb, name, given)))
  user('link <NAME>', verbs.userLink).action(async (name, given) => done(await (await code()).userLink(verb, name, given)))
  const change = (words: string, text: string, what: object) =>
    user(words, text).action(async (name, given) => done(await (await code()).userChange(verb, name, what, given)))
  change('disable <NAME>', verbs.userDisable, { isDisabled: true })
  change('enable <NAME>', verbs.userEnable, { isDisabled: false })
  change('reset-mfa <NAME>', verbs.userResetMfa, { resetMfa: true })
  user('roles <NAME> [ROLES...]', verbs.userRoles).action(async (name, roles, given) =>
    done(await (await code()).userChange(verb, name, { roles }, given)),
  )
  user('remove <NAME>', verbs.userRemove).action(async (name, given) => done(await (await code()).userRemove(verb, name, given)))
  user('sign-out <NAME>', verbs.userSignOut).action(async (name, given) => done(await (await code()).userSignOut(verb, name, given)))

  const tokens = () => import('./token.ts')
  const token = group('token', verbs.token)
  token('list', verbs.tokenList).action(async (given) => done(await (await tokens()).tokenListing(verb, given)))
  token('add <NAME>', verbs.tokenAdd)
    .addOption(new Option('--may <PERMISSION...>', options.may).makeOptionMandatory())
    .addOption(new Option('--zone <ZONE...>', options.zone).makeOptionMandatory())
    .option('--days <N>', options.days, integerFrom(verb, 1, MOST_DAYS), 90)
    .action(async (name, given) => done(await (await tokens()).tokenAdd(verb, name, given)))
  token('revoke <NAME>', verbs.tokenRevoke).action(async (name, given) => done(await (await tokens()).tokenRevoke(verb, name, given)))
}
