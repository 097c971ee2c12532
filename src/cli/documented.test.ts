import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Command } from 'commander'
import type { Verb } from './context.ts'
import { buildProgram } from './program.ts'
import { words } from './words.ts'

const root = join(import.meta.dirname, '..', '..')
const io = { out: () => undefined, err: () => undefined }
const program = buildProgram({ words: words.en, io, language: 'en', home: { version: '0.0.0' } } as unknown as Verb, () => undefined)

/** Every `ecluse ...` of a page: whole pieces of code in a line, and lines of fenced blocks that somebody types. */
function calls(page: string): string[] {
  const text = readFileSync(join(root, page), 'utf8')
  const inline = [...text.matchAll(/`(?:npx )?ecluse ([^`\n]+)`/g)].map(([, call = '']) => call)
  const typed = [...text.matchAll(/^ *(?:\$ |sudo -u ecluse )?(?:npx )?ecluse ([^\n]+)$/gm)].map(([, call = '']) => call)
  return [...inline, ...typed]
}

/** What is wrong with a call: a word that is no verb, an option that its verb does not have. */
function wrong(call: string): string | undefined {
  const [typed = ''] = call.replaceAll(/'[^']*'|"[^"]*"/g, 'TEXT').split(/[|;#>]|&&|2>/)
  let command: Command = program
  const takesValue = new Map([['--help', false], ['-h', false], ...optionsOf(program)])
  let isValue = false
  for (const token of typed.trim().split(/\s+/)) {
    const name = token.replace(/[[\](),]/g, '').split('=')[0] as string
    if (name.startsWith('-') && !/^-\d/.test(name)) {
      const takes = takesValue.get(name)
      if (takes === undefined) return `${command.name()} has no ${name}`
      isValue = takes
    } else if (isValue) isValue = false
    else {
      const next = command.commands.find((child) => child.name() === name)
      const mustBeVerb = command.commands.length > 0 && command.registeredArguments.length === 0
      if (!next && mustBeVerb && /^[a-z]/.test(name)) return `${name} is no verb of ${command.name()}`
      if (!next) continue
      command = next
      for (const [option, takes] of optionsOf(next)) takesValue.set(option, takes)
    }
  }
  return undefined
}

function optionsOf(command: Command): [name: string, takesValue: boolean][] {
  return command.options.flatMap(({ long, short, required, optional }) =>
    [long, short].filter((name) => typeof name === 'string').map((name): [string, boolean] => [name, required || optional]),
  )
}

test('every command and option that a page names is one', () => {
  const pages = ['*.md', 'docs/**/*.md', 'src/**/README.md', 'examples/**/*.md'].flatMap((pattern) => globSync(pattern, { cwd: root }))
  const all = pages.flatMap((page) => calls(page).map((call) => ({ page, call, what: wrong(call) })))
  assert.ok(all.length > 300)
  assert.deepEqual(
    all.filter(({ what }) => what !== undefined),
    [],
  )
  assert.equal(wrong('spool verfy -c x'), 'verfy is no verb of spool')
  assert.equal(wrong("read 't2e/**' --limt 3"), 'read has no --limt')
})
