import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FILES_LIMITS } from './limits.ts'
import { BrokenFile, type Part } from './part.ts'
import { ORDERS_SHEET, workbookParts, zipOf } from './xlsx.fixture.ts'
import { readXlsx } from './xlsx.ts'
import { store, unpack } from './zip.ts'

async function read(bytes: Buffer, sheet?: string, bounds: Partial<typeof FILES_LIMITS> | object = {}): Promise<Part[]> {
  const parts: Part[] = []
  for await (const part of readXlsx(bytes, sheet, { ...FILES_LIMITS, ...bounds })) parts.push(part)
  return parts
}

test('a sheet becomes rows: exact numbers, times without zone, truth values', async () => {
  const bytes = zipOf(workbookParts({ other: '', orders: ORDERS_SHEET }))
  assert.deepEqual(
    (await read(bytes, 'orders')).flatMap(({ rows }) => rows),
    [
      { id: 'A-1', quantity: 2.5, at: '2026-07-01T12:00:00.000', urgent: true },
      { id: 'A-2', quantity: '12345678901234567890', at: null, urgent: false },
    ],
  )
  await assert.rejects(read(bytes, 'absent'), /absent/)
})

test('a zip comes out as it went in', () => {
  const parts = unpack(zipOf({ 'a.txt': 'aaaa'.repeat(1000), 'b/c.xml': '' }))
  assert.deepEqual(
    unpack(store(parts)).map(({ name, content }) => [name, content.toString()]),
    parts.map(({ name, content }) => [name, content.toString()]),
  )
})

test('bombs are refused: by what the directory says, by what really comes out, by the size of the table', async () => {
  const zeros = Buffer.alloc(FILES_LIMITS.xlsxUnpackedBytes + 1)
  const honest = zipOf({ 'xl/worksheets/sheet1.xml': zeros })
  assert.ok(honest.length < 1024 * 1024)
  await assert.rejects(read(honest), /would unpack to 134217729 bytes/)
  const lying = zipOf({ 'xl/worksheets/sheet1.xml': zeros }, 10)
  await assert.rejects(read(lying), /unpacks to more than 134217728 bytes/)
  for (const cell of [
    '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
    "<row r='9999999'><c r = 'ZZ9999999'/></row>",
  ])
    await assert.rejects(read(zipOf(workbookParts({ s: cell }))), /cells are read/)
  const last = (row: number) => read(zipOf(workbookParts({ s: `<row r="${row}"><c r="B${row}"><v>1</v></c></row>` })))
  await assert.rejects(last(FILES_LIMITS.xlsxCells / 2 + 1), new RegExp(`at most ${FILES_LIMITS.xlsxCells} cells`))
  const many = Object.fromEntries(Array.from({ length: FILES_LIMITS.xlsxParts + 1 }, (_, i) => [`p${i}`, '']))
  assert.throws(() => unpack(zipOf(many)), /2001 parts/)
})

test('what is no xlsx says so', async () => {
  const whole = zipOf(workbookParts({ orders: ORDERS_SHEET }))
  for (const bytes of [Buffer.alloc(0), Buffer.from('id;name'), whole.subarray(0, whole.length / 2), zipOf({ 'a.txt': 'a' })])
    await assert.rejects(read(bytes), BrokenFile)
})

test('a file that takes too long or too much memory is refused by that; the thread is gone', async () => {
  const bytes = zipOf(workbookParts({ orders: ORDERS_SHEET }))
  await assert.rejects(read(bytes, 'orders', { xlsxMs: 1 }), new BrokenFile('not read within 0.001 s'))
  await assert.rejects(read(bytes, 'orders', { xlsxMemoryMiB: 8 }), new BrokenFile('needs more than 8 MiB of memory'))
})
