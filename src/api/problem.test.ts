import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { z } from 'zod'
import { silent } from '../core/log.ts'
import { type Fixture, json, startFixture } from './fixture.ts'
import { problemHandler, Refusal } from './problem.ts'
import { en } from './problem-words/en.ts'
import { fr } from './problem-words/fr.ts'
import { languageOf, type ProblemKey, problemWords, sayIssues } from './problem-words/index.ts'
import { frenchRefusal } from './problem-words/query-refused.ts'

const KEYS = Object.keys(en) as ProblemKey[]
/** Values for any word: some take a name, a number, a list; the first case of a code that is chosen by one of its values. */
const GIVEN: Partial<Record<ProblemKey, readonly unknown[]>> = {
  'glob-invalid': ['nested', 0],
  'unit-not-convertible': ['t/a', 'K', 'm', 'dimension'],
  forbidden: ['read', 'every'],
  'unknown-kind/thing': [['ONE']],
}
const lists = /^unknown-(subject|action|object|zone|function|signal|unit)$/
const valuesOf = (key: ProblemKey): readonly unknown[] =>
  GIVEN[key] ?? (lists.test(key) ? ['NAME', ['ONE', 'TWO']] : ['NAME', 'NEAR', ['ONE', 'TWO']].slice(0, en[key].length))

describe('words of refusals', () => {
  test('every code is said in both languages, with the same values, and none twice alike', () => {
    assert.deepEqual(Object.keys(fr), KEYS)
    for (const key of KEYS) {
      const values = valuesOf(key)
      const [english, french] = [problemWords('en', key, values as never), problemWords('fr', key, values as never)]
      assert.equal(french.length, english.length, `${key}: a hint in one language only`)
      for (const [i, said = ''] of english.entries()) {
        assert.ok(said.length > 3 && french[i], key)
        assert.doesNotMatch(`${said} ${french[i]}`, /undefined|\[object/, key)
        if (!/^(invalid-request|query-refused)$/.test(key)) assert.notEqual(french[i], said, `${key} is not translated: ${said}`)
        for (const value of ['NAME', 'ONE'])
          if (said.includes(value)) assert.match(french[i] as string, new RegExp(value), `${key}: ${french[i]}`)
      }
    }
  })

  test('every reason why the history refuses a question is said in French, with its values', () => {
    const root = join(import.meta.dirname, '..')
    const sources = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => /(?<!\.test|fixture)\.ts$/.test(file))
    const all = sources.flatMap((file) =>
      [...readFileSync(join(root, file), 'utf8').matchAll(/new QueryRefused\(\s*(['`])(.*?)\1[,)]/g)].map(([, , text = '']) => text),
    )
    assert.ok(all.length > 25, `${all.length}`)
    for (const text of all) {
      const english = text.replaceAll(/\$\{[^}]*\}/g, '7')
      const french = frenchRefusal(english)
      assert.doesNotMatch(french, /^l’historique refuse/, english)
      assert.doesNotMatch(french, /\$\d/, english)
    }
    assert.equal(frenchRefusal('Binder Error: no column x'), 'l’historique refuse la demande : « Binder Error: no column x »')
  })

  test('every code that some code gives has words, and every word is given by some', () => {
    const files = ['.', 'people'].flatMap((folder) => {
      const path = join(import.meta.dirname, folder)
      return readdirSync(path).flatMap((name) =>
        name.endsWith('.ts') && !name.includes('.test.') ? [readFileSync(join(path, name), 'utf8')] : [],
      )
    })
    const source = files.join('\n')
    // Made of another part's code: by `changes.ts`, `plan.ts`, `policy.ts` and `writes.ts`.
    const made = /^(change-|plan-|unknown-(subject|action|object)$|writes-off$|no-such-signal$)/
    for (const key of KEYS) if (!made.test(key)) assert.ok(source.includes(`'${key}'`), `${key} is given by nobody`)
  })

  test('the language is the one that is wanted most of those spoken; English where none is', () => {
    const cases: [string | undefined, string][] = [
      [undefined, 'en'],
      ['', 'en'],
      ['de', 'en'],
      ['fr', 'fr'],
      ['fr-CA,fr;q=0.8,en;q=0.5', 'fr'],
      ['en;q=0.4, fr;q=0.9', 'fr'],
      ['de, en;q=0.7, fr;q=0.6', 'en'],
      ['fr;q=0', 'en'],
      ['FR', 'fr'],
      [`${','.repeat(10_000)}fr`, 'en'],
    ]
    for (const [header, language] of cases) assert.equal(languageOf(header), language, header?.slice(0, 40))
  })

  test('at most ten issues of a request are told', () => {
    const { error } = z.array(z.number()).safeParse(Array(50).fill('x'))
    assert.equal(sayIssues('en', error?.issues ?? []).split('; ').length, 10)
  })
})

describe('a refusal in the language of the caller', () => {
  let api: Fixture
  before(async () => {
    api = await startFixture(3)
    await api.signIn()
  })
  after(() => api.close())
  const told = async (path: string, language: string, init: RequestInit = {}) => {
    const answer = await api.call(path, { ...init, headers: { ...init.headers, 'accept-language': language } })
    const { code, message, hint } = (await answer.json()) as { code: string; message: string; hint?: string }
    return { code, message, hint, language: answer.headers.get('content-language'), vary: answer.headers.get('vary') }
  }

  test('code and status are those of every language, the words follow Accept-Language', async () => {
    const path = '/api/v1/samples?signal=t/line-9/m9&from=-1h'
    const [english, french] = [await told(path, 'en'), await told(path, 'fr-FR,fr;q=0.9,en;q=0.1')]
    assert.deepEqual([english.code, english.language, english.vary], ['unknown-signal', 'en', 'accept-language'])
    assert.deepEqual([french.code, french.language], ['unknown-signal', 'fr'])
    assert.match(english.message, /^there is no signal t\/line-9\/m9$/)
    assert.match(french.message, /^il n’y a pas de signal t\/line-9\/m9$/)
    assert.match(french.hint ?? '', /identifiants|vouliez-vous/)
  })

  test('what a schema refuses is said in both languages, our own patterns too', async () => {
    const wrong = json({ name: 12, password: 'x' })
    assert.match((await told('/api/v1/session', 'en', wrong)).message, /^name: Invalid input: expected string, received number$/)
    assert.match((await told('/api/v1/session', 'fr', wrong)).message, /^name : Entrée invalide : .* attendu, nombre reçu$/)
    const token = json({ name: '!', may: ['read'], zones: ['*'], days: 3 })
    assert.match((await told('/api/v1/tokens', 'en', token)).message, /a name has 1 to 64 letters/)
    assert.match((await told('/api/v1/tokens', 'fr', token)).message, /un nom a de 1 à 64 lettres/)
  })

  test('a body that is no JSON, one that is too large, and what is nowhere', async () => {
    const headers = { 'content-type': 'application/json' }
    const broken = await told('/api/v1/session', 'fr', { method: 'POST', headers, body: '{' })
    assert.deepEqual([broken.code, broken.message], ['unreadable-body', 'le corps de la demande est illisible'])
    const large = await told('/api/v1/session', 'fr', json({ name: 'x'.repeat(70_000), password: '' }))
    assert.deepEqual([large.code, large.message], ['body-too-large', 'le corps de la demande est trop grand'])
    assert.equal((await told('/api/v1/nowhere', 'fr')).message, 'il n’y a rien à cette adresse')
  })
})

test('what we refuse ourselves fills no log; what we did not expect, and why a refusal came about, is in it', () => {
  const logged: unknown[] = []
  const log = { ...silent, error: (values: unknown) => logged.push(values) }
  const reply = { code: () => reply, headers: () => reply, send: () => reply }
  const say = (error: Error) => problemHandler(log)(error, { headers: {}, routeOptions: {} } as never, reply as never)
  say(new Refusal(503, 'too-many-streams', 50))
  assert.deepEqual(logged, [])
  say(Object.assign(new Refusal(500, 'plan-failed'), { cause: new Error('x') }))
  say(new Error('unexpected'))
  assert.equal(logged.length, 2)
})
