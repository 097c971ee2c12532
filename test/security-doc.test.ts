import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { IEC_62443_3_3 } from '../src/continuity/evidence/mapping.ts'

const root = join(import.meta.dirname, '..')
const text = readFileSync(join(root, 'docs', 'security.md'), 'utf8')

test('every file that docs/security.md names is there', () => {
  const named = [...text.matchAll(/`((?:src|test|faults|scripts|packaging)\/[\w./-]+)`/g)].map((match) => match[1] as string)
  assert.ok(named.length > 80)
  assert.deepEqual(
    [...new Set(named)].filter((file) => !existsSync(join(root, file))),
    [],
  )
})

test('every test and fault that any page names is there', () => {
  const pages = globSync(['*.md', 'docs/**/*.md', 'src/**/README.md', 'bench/**/*.md'], { cwd: root })
  const named = pages.flatMap((page) =>
    [...readFileSync(join(root, page), 'utf8').matchAll(/`((?:[\w.-]+\/)+[\w.-]+\.(?:test|fault|fixture)\.ts)`/g)].map((match) => ({
      page,
      file: match[1] as string,
    })),
  )
  assert.ok(named.length > 150, `${named.length}`)
  assert.deepEqual(
    named.filter(({ file }) => !existsSync(join(root, file)) && !/\bNAME\b/.test(file)),
    [],
  )
})

test('a test that docs/security.md names is one that is run: it holds tests, and none of them is left out for good', () => {
  const named = [...text.matchAll(/`((?:src|test)\/[\w./-]+\.test\.ts)`/g)].map((match) => match[1] as string)
  const sources = [...new Set(named)].map((file) => ({ file, source: readFileSync(join(root, file), 'utf8') }))
  assert.ok(sources.length > 60, `${sources.length}`)
  const isHollow = ({ source }: { source: string }) =>
    !/^\s*(test|it)\(/m.test(source) || /\b(test|it|describe)\.(skip|todo|only)\(/.test(source) || /\b(skip|todo): true\b/.test(source)
  assert.deepEqual(
    sources.filter(isHollow).map(({ file }) => file),
    [],
  )
})

test('every point has a test, or says plainly that it is not there yet', () => {
  const sections = text.split('\n## ').filter((section) => /^(IEC|Vulnerabilities|Faults)/.test(section))
  const rows = sections.flatMap((section) => section.split('\n').filter((line) => /^\| (?!SR|CR|Fault|What|---)/.test(line)))
  assert.ok(rows.length >= 80, `${rows.length} rows`)
  assert.deepEqual(
    rows.filter((row) => !/`[\w./-]+\.ts`[^`|]*\|$/.test(row) && !/(not yet|outside)[^|]*\|$/.test(row)),
    [],
  )
  // The requirements of IEC 62443-3-3 that software can meet.
  const numbers = (sections[0] as string).match(/^\| \d\.\d+ /gm) ?? []
  assert.equal(new Set(numbers).size, 47)
})

test('the evidence calls a requirement covered only where this page names the test that shows it', () => {
  const covered = IEC_62443_3_3.filter(({ cover }) => cover === 'covered').map(({ id }) => id.replace('SR ', ''))
  assert.ok(covered.length > 20)
  const rowOf = (id: string) => text.split('\n').find((line) => line.startsWith(`| ${id} `))
  assert.deepEqual(
    covered.filter((id) => !/`[\w./-]+\.test\.ts`/.test(rowOf(id) ?? '') || /not yet/.test(rowOf(id) ?? '')),
    [],
  )
})
