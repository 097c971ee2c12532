import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { CSV_DEFAULTS, type CsvOptions } from './config.ts'
import { readCsv } from './csv.ts'
import { readJson, readJsonl } from './jsonl.ts'
import { FILES_LIMITS } from './limits.ts'
import { splitLines } from './lines.ts'
import { BrokenFile, PartBuilder, type Parts } from './part.ts'

async function* chunked(bytes: Buffer, size = 7): AsyncGenerator<Buffer, void, undefined> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function all(parts: Parts): Promise<{ rows: unknown[]; unreadable: { row: string; reason: string }[] }> {
  const rows: unknown[] = []
  const unreadable: { row: string; reason: string }[] = []
  for await (const part of parts) {
    assert.ok(part.rows.length + part.unreadable.length <= FILES_LIMITS.partRows)
    rows.push(...part.rows)
    unreadable.push(...part.unreadable)
  }
  return { rows, unreadable }
}
const csv = (text: string | Buffer, options: Partial<CsvOptions> = {}, size?: number) =>
  all(readCsv(chunked(Buffer.from(text as string), size), { ...CSV_DEFAULTS, ...options }))

test('CSV as people write it', async () => {
  assert.deepEqual((await csv('\uFEFFid,name\r\n1,"a, ""b""\nc"\r\n\r\n2,\r\n')).rows, [
    { id: '1', name: 'a, "b"\nc' },
    { id: '2', name: null },
  ])
  const french = Buffer.from('num\xe9ro;poids\n7;1.234,5\n8;12,25\n9;1 234\n', 'latin1')
  assert.deepEqual((await csv(french, { delimiter: ';', encoding: 'latin1', decimalComma: true })).rows, [
    { numéro: '7', poids: '1234.5' },
    { numéro: '8', poids: '12.25' },
    { numéro: '9', poids: '1234' },
  ])
  assert.deepEqual(
    (await csv(Buffer.from('\x80\t1\n', 'latin1'), { delimiter: '\t', encoding: 'windows-1252', header: ['a', 'b'] })).rows,
    [{ a: '€', b: '1' }],
  )
})

test('lines that are no rows cost themselves only, with their number', async () => {
  const { rows, unreadable } = await csv(Buffer.from('id,name\n1,a\n2,"open\n3,c\n4\n5,d,e\n6,x"y\n7,\xff\n8,h\n', 'latin1'))
  assert.deepEqual(rows, [
    { id: '1', name: 'a' },
    { id: '3', name: 'c' },
    { id: '8', name: 'h' },
  ])
  assert.deepEqual(
    unreadable.map(({ reason }) => reason.slice(0, 40)),
    [
      'line 3: a quote is where none may be',
      'line 5: 1 cells for 2 columns',
      'line 6: 3 cells for 2 columns',
      'line 7: a quote is not closed',
      'line 8: not utf-8',
    ],
  )
})

test('a NUL cuts nothing off', async () => {
  const { rows, unreadable } = await csv('"a",b\0c\n"d\0",e\nf\0,g\n', { header: ['x', 'y'] })
  assert.deepEqual(rows, [
    { x: 'a', y: 'b\0c' },
    { x: 'd\0', y: 'e' },
    { x: 'f\0', y: 'g' },
  ])
  assert.deepEqual(unreadable, [])
})

test('what is longer than the limits is unreadable, and memory stays bounded', async () => {
  const long = Buffer.concat([Buffer.from('id,name\n1,'), Buffer.alloc(FILES_LIMITS.recordBytes, 'x'), Buffer.from('\n2,b\n')])
  const one = await csv(long, {}, 65_536)
  assert.deepEqual(one.rows, [{ id: '2', name: 'b' }])
  assert.match(one.unreadable[0]?.reason ?? '', /line 2: longer than/)
  const open = await csv(`id,name\n1,"a\n${'2,b\n'.repeat(FILES_LIMITS.recordLines + 10)}`, {}, 4096)
  assert.equal(open.rows.length, FILES_LIMITS.recordLines + 10)
  assert.equal(open.unreadable.length, 1)
  await assert.rejects(csv(`${Array.from({ length: FILES_LIMITS.columns + 1 }, (_, i) => `c${i}`).join(',')}\n`), /columns/)
  await assert.rejects(csv('a,b,a\n'), /two columns are called "a"/)
  const lines = splitLines(chunked(Buffer.alloc(FILES_LIMITS.recordBytes * 3, 'x'), 65_536))
  for await (const [line] of lines) assert.equal(line?.bytes, undefined)
})

test('JSON: a list, one object, lines; depth and digits', async () => {
  const json = (text: string) => all(readJson(Buffer.from(text)))
  assert.deepEqual(await json('[{"a":1},2,{"a":9007199254740993}]'), {
    rows: [{ a: 1 }, { a: '9007199254740993' }],
    unreadable: [{ row: '2', reason: 'item 2: not an object' }],
  })
  assert.deepEqual((await json('{"a":1}')).rows, [{ a: 1 }])
  await assert.rejects(json('[{"a":1}'), BrokenFile)
  await assert.rejects(
    json(`${'['.repeat(FILES_LIMITS.jsonDepth + 1)}${']'.repeat(FILES_LIMITS.jsonDepth + 1)}`),
    /more than 64 lists and maps/,
  )
  const lines = await all(readJsonl(chunked(Buffer.from('{"a":1}\n\nno\n[1]\n{"b":2}'))))
  assert.deepEqual(lines.rows, [{ a: 1 }, { b: 2 }])
  assert.deepEqual(
    lines.unreadable.map(({ reason }) => reason.slice(0, 15)),
    ['line 3: no JSON', 'line 4: not an '],
  )
})

test('a part is full by its characters too, and of a line that is no row only the beginning is kept', () => {
  const part = new PartBuilder()
  part.add({}, FILES_LIMITS.partChars - 1)
  assert.equal(part.isFull, false)
  part.refuse('x', 'no row')
  assert.equal(part.isFull, true)
  part.refuse('x'.repeat(FILES_LIMITS.unreadableChars + 1), 'no row')
  assert.deepEqual(
    part.take().unreadable.map(({ row }) => row.length),
    [1, FILES_LIMITS.unreadableChars],
  )
})

/** Bytes that are nearly a file. */
const nearly = fc.array(
  fc.oneof(
    fc
      .constantFrom('"', ',', ';', '\n', '\r\n', '\r', '""', '\u0000', '\uFEFF', 'a', '1,5', '{"a":1}', '[', '\\', 'é')
      .map((text) => Buffer.from(text)),
    fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
  ),
  { maxLength: 60 },
)

test('whatever the bytes, every line is part of a row, unreadable or blank, and nothing else is thrown', async () => {
  await fc.assert(
    fc.asyncProperty(nearly, fc.integer({ min: 1, max: 9 }), fc.boolean(), async (pieces, size, hasHeader) => {
      const bytes = Buffer.concat(pieces)
      const header = hasHeader ? true : ['a', 'b']
      try {
        const { rows, unreadable } = await csv(bytes, { header: header as CsvOptions['header'] }, size)
        const numbers = unreadable.map(({ reason }) => Number(/^line (\d+): /.exec(reason)?.[1]))
        assert.ok(numbers.every((number) => number > 0))
        assert.equal(new Set(numbers).size, numbers.length)
        let seen = 0
        for await (const lines of splitLines(chunked(bytes, size))) seen += lines.length
        assert.ok(rows.length + unreadable.length <= seen)
        if (!bytes.includes('"') && header !== true) {
          let filled = 0
          for await (const lines of splitLines(chunked(bytes, size)))
            filled += lines.filter(({ bytes: line, number }) => {
              const text = (line ?? Buffer.alloc(0)).toString('utf8')
              return (number === 1 ? text.replace(/^\uFEFF/, '') : text).trim() !== ''
            }).length
          assert.equal(rows.length + unreadable.length, filled)
        }
      } catch (error) {
        if (!(error instanceof BrokenFile)) throw error
      }
      for (const parts of [readJsonl(chunked(bytes, size)), readJson(bytes)])
        await all(parts).catch((error) => assert.ok(error instanceof BrokenFile, String(error)))
    }),
    { numRuns: 400 },
  )
})

test('a table written as RFC 4180 says comes back as it was, however it is cut', async () => {
  const cell = fc.string({ maxLength: 8 }).filter((text) => !/[\uFFFD\r]/.test(text) && !text.includes('\0') && text.isWellFormed())
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(cell, cell), { maxLength: 20 }), fc.integer({ min: 1, max: 50 }), async (table, size) => {
      const quoted = table.map((row) => row.map((text) => `"${text.replaceAll('"', '""')}"`).join(','))
      const { rows, unreadable } = await csv(`${quoted.join('\n')}\n`, { header: ['a', 'b'] }, size)
      assert.deepEqual(unreadable, [])
      assert.deepEqual(
        rows,
        table.map(([a, b]) => ({ a: a || null, b: b || null })),
      )
    }),
    { numRuns: 200 },
  )
})
