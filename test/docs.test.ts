import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { test } from 'node:test'
import { lintText } from '../src/config/index.ts'
import { connectors } from '../src/connectors/index.ts'

/** The French counterpart of every page for who uses Écluse, by path from the root. */
const FRENCH: Readonly<Record<string, string>> = {
  'README.md': 'README.fr.md',
  'docs/changes.md': 'docs/fr/changements.md',
  'docs/contracts.md': 'docs/fr/contrats.md',
  'docs/correlate.md': 'docs/fr/correlations.md',
  'docs/discover.md': 'docs/fr/decouverte.md',
  'docs/errors.md': 'docs/fr/erreurs.md',
  'docs/evidence.md': 'docs/fr/preuves.md',
  'docs/flows.md': 'docs/fr/flux.md',
  'docs/gateway.md': 'docs/fr/passerelle.md',
  'docs/ledger.md': 'docs/fr/registre.md',
  'docs/lineage.md': 'docs/fr/lignage.md',
  'docs/passport.md': 'docs/fr/passeport.md',
  'docs/people.md': 'docs/fr/personnes.md',
  'docs/plan.md': 'docs/fr/plan.md',
  'docs/process.md': 'docs/fr/calculs.md',
  'docs/reading.md': 'docs/fr/lecture.md',
  'docs/records-sources-http.md': 'docs/fr/enregistrements-http.md',
  'docs/records-sources.md': 'docs/fr/enregistrements-sources.md',
  'docs/records.md': 'docs/fr/enregistrements.md',
  'docs/roles.md': 'docs/fr/roles.md',
  'docs/rules.md': 'docs/fr/regles.md',
  'docs/running.md': 'docs/fr/exploitation.md',
  'docs/suggest.md': 'docs/fr/suggestions.md',
  'docs/zones.md': 'docs/fr/zones.md',
}

/** Pages in English only, and why. */
const ENGLISH_ONLY: Readonly<Record<string, string>> = {
  'docs/benchmarks.md': 'figures, redone with every change, for who changes Écluse',
  'docs/decisions/ui-kit.md': 'a decision and its reasons, for who changes Écluse',
  'docs/dependencies.md': 'why each package is there, for who changes Écluse',
  'docs/faults.md': 'what the tests break on purpose, for who changes or examines Écluse',
  'docs/licenses.md': 'made by scripts/licenses.ts from the packages',
  'docs/security.md': 'the points of IEC 62443 by their English numbers and the tests that show them, for who examines Écluse',
}

const root = join(import.meta.dirname, '..')
const text = (page: string) => readFileSync(join(root, page), 'utf8')
const FENCE = /^ *```.*?\n[\s\S]*?^ *```$/gm
const prose = (page: string) => text(page).replace(FENCE, '')
const headings = (page: string) => [...prose(page).matchAll(/^(#+) (.+)$/gm)].map(([, level = '', title = '']) => ({ level, title }))
const languages = (page: string) => (text(page).match(FENCE) ?? []).map((block) => /^ *```(\w*)/.exec(block)?.[1])

/** Anchors of a page, as GitHub makes them of its headings. */
function anchors(page: string): Set<string> {
  const slugs = headings(page).map(({ title }) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
  return new Set(
    slugs.map((slug, i) => (slugs.indexOf(slug) === i ? slug : `${slug}-${slugs.slice(0, i).filter((s) => s === slug).length}`)),
  )
}

test('every page of docs/ has its French counterpart, or a reason for having none', () => {
  const declared = [...Object.keys(FRENCH), ...Object.keys(ENGLISH_ONLY)].filter((page) => page.startsWith('docs/'))
  const pages = globSync('docs/**/*.md', { cwd: root }).filter((page) => !page.startsWith('docs/fr/'))
  assert.deepEqual(pages.sort(), declared.sort())
  const french = Object.values(FRENCH).filter((page) => page.startsWith('docs/'))
  assert.deepEqual(globSync('docs/fr/*.md', { cwd: root }).sort(), french.sort())
})

for (const [english, french] of Object.entries(FRENCH)) {
  test(`${french} is built as ${english} is, and each leads to the other at once`, () => {
    assert.deepEqual(
      headings(french).map(({ level }) => level),
      headings(english).map(({ level }) => level),
      'headings by level',
    )
    assert.deepEqual(languages(french), languages(english), 'fenced blocks')
    const rows = (page: string) => prose(page).match(/^\|/gm)?.length ?? 0
    assert.equal(rows(french), rows(english), 'rows of tables')
    for (const [from, to] of [
      [english, french],
      [french, english],
    ] as const) {
      const first = text(from).split('\n').slice(0, 4).join('\n')
      assert.ok(first.includes(`](${relative(dirname(from), to)})`), `${from} links ${to} in its first lines`)
    }
  })
}

test('French pages lead to French pages, where there are any', () => {
  const french = Object.fromEntries(Object.entries(FRENCH))
  const strays = Object.values(FRENCH).flatMap((page) =>
    links(page)
      .map(([target]) => target)
      .filter((target) => french[target] !== undefined && french[target] !== page)
      .map((target) => `${page}: ${target}`),
  )
  assert.deepEqual(strays, [])
})

/** Every relative link of a page: the file it names from the root, and the anchor. */
function links(page: string): [target: string, anchor: string | undefined][] {
  return [...prose(page).matchAll(/\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]*))?\)/g)].map(([, file = '', anchor]) => [
    file === '' ? page : join(dirname(page), file),
    anchor,
  ])
}

test('every relative link of every page leads to a file and, where it names one, a heading', () => {
  const pages = ['*.md', 'docs/**/*.md', '{src,examples,packaging,bench,faults,sim}/**/*.md'].flatMap((pattern) =>
    globSync(pattern, { cwd: root }),
  )
  assert.ok(pages.length > 50)
  const dead = pages.flatMap((page) =>
    links(page)
      .filter(([target, anchor]) => {
        if (!existsSync(join(root, target))) return true
        return anchor !== undefined && !(basename(target).endsWith('.md') && anchors(target).has(decodeURIComponent(anchor)))
      })
      .map(([target, anchor]) => `${page}: ${target}${anchor === undefined ? '' : `#${anchor}`}`),
  )
  assert.deepEqual(dead, [])
})

/** Pieces of configuration among the YAML of a page: each as a whole file of its own. Lists (examples of `ecluse test`), parts of another piece and several files in one block are none. */
function configurations(page: string): string[] {
  const blocks = [...text(page).matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block)
  const whole = blocks.filter((block) => /^[a-zA-Z#]/.test(block) && !/^# \w+\/ecluse\.yaml/m.test(block))
  return whole.map((block) => (/^version:/m.test(block) ? block : `version: 1\nsite: { id: x }\n${block}`))
}

/** What a piece cannot know, because it stands in another one; anything else that lint refuses is a mistake of the page. */
const ELSEWHERE = /^(E_UNKNOWN_(MODEL|SIGNAL|RECORD|EVENT|ZONE)|E_NO_EQUIPMENT|E_EXPRESSION|E_SECRET_FILE|E_CONTRACT_FILE)$/

test('what a page shows of the configuration, lint accepts', () => {
  const pages = [...Object.keys(FRENCH), ...Object.values(FRENCH)]
  const pieces = pages.flatMap((page) => configurations(page).map((yaml) => ({ page, yaml })))
  assert.ok(pieces.length >= 40)
  const refused = pieces.flatMap(({ page, yaml }) =>
    lintText(yaml, { connectors, env: {} })
      .problems.filter(({ level, code, message }) => level === 'error' && !ELSEWHERE.test(code) && !message.startsWith('there is no role'))
      .map(({ line, code, message }) => `${page}, line ${line} of a piece: ${code} ${message}`),
  )
  assert.deepEqual(refused, [])
})
