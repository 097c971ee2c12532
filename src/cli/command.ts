import { type Command, InvalidArgumentError, Option } from 'commander'
import { duration } from '../core/config-parts.ts'
import { EXIT, type Verb } from './context.ts'
import { LEVELS } from './log.ts'
import { FORMATS } from './output.ts'

/** A command in the language of the person: its help, its titles, its errors. */
export function prepared({ io, words }: Verb, command: Command, text: string): Command {
  const titles: Record<string, string> = {
    'Usage:': words.help.usage,
    'Options:': words.help.options,
    'Commands:': words.help.commands,
    'Arguments:': words.help.arguments,
  }
  return command
    .description(text)
    .helpOption('-h, --help', words.options.help)
    .helpCommand(false)
    .allowExcessArguments(false)
    .exitOverride()
    .configureHelp({
      styleTitle: (title) => titles[title] ?? title,
      styleDescriptionText: (text) => text.replace('choices:', words.help.choices).replace('default:', words.help.default),
    })
    .configureOutput({
      writeOut: (out) => io.out(out),
      writeErr: () => undefined,
      getOutHasColors: () => io.colour.out,
      getErrHasColors: () => io.colour.err,
    })
}

export function languageOption({ words }: Verb): Option {
  return new Option('--lang <LANG>', words.options.lang).choices(['fr', 'en'])
}

/** The options of every verb. */
export function common(verb: Verb, command: Command): Command {
  const { options } = verb.words
  return command
    .addOption(new Option('-o, --output <FORM>', options.output).choices(FORMATS).default('table'))
    .addOption(languageOption(verb))
    .addOption(new Option('--log-level <LEVEL>', options.logLevel).choices(LEVELS).default('info'))
    .addOption(new Option('--log-form <FORM>', options.logForm).choices(['json', 'short']))
}

export function durationFrom({ words }: Verb): (text: string) => { text: string; ms: number } {
  return (text) => {
    const parsed = duration.safeParse(text)
    if (!parsed.success) throw new InvalidArgumentError(words.usage.badDuration)
    return { text, ms: parsed.data }
  }
}

export function shareFrom({ words }: Verb): (text: string) => string {
  return (text) => {
    if (!(Number(text) > 0 && Number(text) <= 0.5)) throw new InvalidArgumentError(words.usage.badShare)
    return text
  }
}

export function integerFrom({ words }: Verb, low: number, high: number): (text: string) => number {
  return (text) => {
    const number = /^\d+$/.test(text) ? Number(text) : Number.NaN
    if (!(number >= low && number <= high)) throw new InvalidArgumentError(words.usage.badInteger(low, high))
    return number
  }
}

/** A verb with verbs of its own: alone it tells which. Makes one of them. */
export function group(verb: Verb, program: Command, done: (exit: number) => void, name: string, text: string) {
  const parent = prepared(verb, program.command(name), text)
  parent.action(() => {
    verb.io.err(parent.helpInformation())
    done(EXIT.failed)
  })
  return (words: string, about: string): Command => common(verb, prepared(verb, parent.command(words), about))
}
