import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { urlHost } from './client.ts'
import { EVENT_LENGTH, type ServerEvent, serverEvents } from './events.ts'
import { findHome } from './home.ts'
import { type Io, languageOf } from './io.ts'
import { createLog } from './log.ts'
import { age, bytes, printable, table } from './output.ts'
import { words } from './words.ts'

function keys(value: object, path = ''): string[] {
  return Object.entries(value).flatMap(([key, inner]) =>
    typeof inner === 'object' && !Array.isArray(inner) ? keys(inner as object, `${path}${key}.`) : [`${path}${key}`],
  )
}

test('both languages have the same words, and none is empty', () => {
  assert.deepEqual(keys(words.fr).sort(), keys(words.en).sort())
  const empty = Object.entries(words).flatMap(([language, all]) =>
    keys(all)
      .filter((key) => key.split('.').reduce<unknown>((at, step) => (at as Record<string, unknown>)[step], all) === '')
      .map((key) => `${language}.${key}`),
  )
  assert.deepEqual(empty, [])
})

test('the language: the option, then the environment as the system does, then English', () => {
  assert.equal(languageOf(['lint', '--lang', 'fr'], { LANG: 'en_GB' }), 'fr')
  assert.equal(languageOf(['--lang=en'], { LC_ALL: 'fr_FR.UTF-8' }), 'en')
  assert.equal(languageOf([], { LC_ALL: 'fr_CA.UTF-8', LANG: 'en_GB' }), 'fr')
  assert.equal(languageOf([], { LANG: 'C' }), 'en')
  assert.equal(languageOf([], {}), 'en')
})

async function* chunks(parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts
}

async function collect(parts: readonly Uint8Array[]): Promise<ServerEvent[]> {
  const events: ServerEvent[] = []
  for await (const event of serverEvents(chunks(parts))) events.push(event)
  return events
}

test('server-sent events are the same however the bytes are cut', async () => {
  const name = fc.constantFrom('samples', 'missed', 'health')
  const data = fc.array(
    fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => text.replace(/[\r\n]/g, ' ')),
    { minLength: 1, maxLength: 3 },
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ event: name, data }), { maxLength: 5 }),
      fc.constantFrom('\n', '\r\n', '\r'),
      fc.integer({ min: 1, max: 7 }),
      async (sent, end, size) => {
        const text = sent
          .map(({ event, data }) => [`: note`, `event: ${event}`, ...data.map((line) => `data: ${line}`), '', ''].join(end))
          .join('')
        const whole = Buffer.from(`${text}:${end}`)
        const parts = Array.from({ length: Math.ceil(whole.length / size) }, (_, i) => whole.subarray(i * size, (i + 1) * size))
        assert.deepEqual(
          await collect(parts),
          sent.map(({ event, data }) => ({ event, data: data.join('\n') })),
        )
      },
    ),
    { numRuns: 200 },
  )
})

test('an event without end is refused at its limit', async () => {
  await assert.rejects(collect([Buffer.from('data: '), Buffer.alloc(EVENT_LENGTH + 1, 'x')]), RangeError)
  const line = Buffer.from(`data: ${'x'.repeat(EVENT_LENGTH / 4)}\n`)
  await assert.rejects(collect([line, line, line, line, line]), RangeError)
})

test('nothing that comes from outside can control a terminal', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach a terminal
      assert.doesNotMatch(printable(text), /[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/)
    }),
  )
  assert.equal(printable('x'.repeat(500), 120).length, 120)
})

test('a table is as wide as its cells', () => {
  const rows = [
    { a: 'é', n: 5 },
    { a: 'long', n: 12 },
  ]
  assert.equal(
    table(
      [
        { title: 'A', cell: (row) => row.a },
        { title: 'N', cell: (row) => String(row.n), right: true },
      ],
      rows,
    ),
    'A      N\né      5\nlong  12',
  )
})

test('ages and sizes are short', () => {
  assert.deepEqual([0.04, 12, 119.6, 180, 7200, 200_000, Number.NaN, -3].map(age), [
    '0.0 s',
    '12 s',
    '120 s',
    '3 min',
    '2 h',
    '2 d',
    '-',
    '0.0 s',
  ])
  assert.deepEqual([0, 1023, 1024, 64 * 2 ** 20, 1.5 * 2 ** 40].map(bytes), ['0 B', '1023 B', '1.0 KiB', '64.0 MiB', '1.5 TiB'])
})

test('an address to listen on becomes one to call', () => {
  assert.deepEqual(['0.0.0.0', '::', '::1', '10.0.0.1', 'plant'].map(urlHost), ['127.0.0.1', '[::1]', '[::1]', '10.0.0.1', 'plant'])
})

test('the package finds its files from a checkout and when built', () => {
  const source = findHome()
  assert.match(source.version, /^\d+\.\d+\.\d+/)
  assert.ok(source.module('examples/airport/plant').href.endsWith('/examples/airport/plant.ts'))
  const built = findHome(new URL('../../dist/src/cli/home.js', import.meta.url).href)
  assert.equal(built.directory, source.directory)
  assert.ok(built.module('examples/airport/plant').href.endsWith('/dist/examples/airport/plant.js'))
  assert.equal(built.web, source.web)
})

test('log lines are JSON for machines and short for people; secrets stay out of both', () => {
  const lines: string[] = []
  const io = { err: (text: string) => void lines.push(text), colour: { out: false, err: false } } as unknown as Io
  createLog(io, 'info', 'json').warn({ connection: 'plc-1', user: { password: 'hunter2' } }, 'line lost')
  createLog(io, 'info', 'short').warn({ connection: 'plc-1', token: 'hunter2' }, 'line\u001b[2J lost')
  createLog(io, 'warn', 'short').info({}, 'not shown')
  const [first, second] = lines
  assert.equal(lines.length, 2)
  const { level, msg, connection } = JSON.parse(first ?? '')
  assert.deepEqual([level, msg, connection], ['warn', 'line lost', 'plc-1'])
  assert.match(second ?? '', /^\d\d:\d\d:\d\d WARN {2}line\?\[2J lost connection=plc-1 token=\[Redacted\]\n$/)
  assert.doesNotMatch(lines.join(''), /hunter2/)
})
