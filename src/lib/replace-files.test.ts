import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { finishReplacing, finishReplacingAbove, REPLACE_LIMITS, replaceFiles } from './replace-files.ts'

const PATHS = ['ecluse.yaml', 'sub/a.yaml', 'sub/deep/b.yaml']
const filesOf = (text: string) => PATHS.map((path) => ({ path, text: `${text} ${path}\n` }))
function place(t: { after: (done: () => void) => void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'ecluse-replace-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
const said = (folder: string) => new Set(PATHS.map((path) => readFileSync(join(folder, path), 'utf8').split(' ')[0]))
const left = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => !/(\.yaml|sub|deep)$/.test(name))

/** A process of its own that replaces the files, and kills itself at the n-th step; 0 when it got to its end. */
function killedAt(folder: string, step: number): NodeJS.Signals | null {
  const module = JSON.stringify(join(import.meta.dirname, 'replace-files.ts'))
  const code = `
    const { replaceFiles } = await import(${module})
    let n = 0
    await replaceFiles(${JSON.stringify(folder)}, ${JSON.stringify(filesOf('new'))}, () => {
      if (n++ === ${step}) process.kill(process.pid, 'SIGKILL')
    })`
  return spawnSync(process.execPath, ['--input-type=module', '-e', code], { stdio: 'ignore', timeout: 20_000 }).signal
}

test('killed at any step, the next start finds all files as they were or all as they are to be', { timeout: 120_000 }, async (t) => {
  const outcomes: string[] = []
  for (let step = 0; ; step++) {
    const folder = place(t)
    await replaceFiles(folder, filesOf('old'))
    const signal = killedAt(folder, step)
    const wasMixed = said(folder).size > 1
    await finishReplacingAbove(join(folder, 'sub'))
    assert.equal(said(folder).size, 1, `after step ${step}`)
    const [one] = [...said(folder)]
    outcomes.push(`${one}${wasMixed ? ' (was mixed)' : ''}`)
    assert.ok(!existsSync(join(folder, '.ecluse-replacing.json')))
    // Another import takes what a kill left behind.
    await replaceFiles(folder, filesOf('newer'))
    assert.deepEqual([[...said(folder)], left(folder)], [['newer'], []])
    if (signal === null) break
    assert.ok(step < 20)
  }
  assert.deepEqual(outcomes.slice(0, 4), ['old', 'old', 'old', 'old'])
  assert.equal(outcomes.filter((one) => one === 'new (was mixed)').length, 2)
  assert.equal(outcomes.at(-1), 'new')
})

test('a journal that names places elsewhere, is no journal or too long, and a draft that was changed, are refused', async (t) => {
  const folder = place(t)
  await replaceFiles(folder, filesOf('old'))
  const journal = join(folder, '.ecluse-replacing.json')
  for (const path of ['../x', 'a/../../x', '/etc/x', 'a//b', '.', 'a\\..\\x', 7]) {
    writeFileSync(journal, JSON.stringify({ files: [{ path, sha256: 'x' }] }))
    await assert.rejects(finishReplacing(folder), /not a list of files/, String(path))
  }
  for (const text of ['{}', '{"files":{}}', JSON.stringify({ files: Array(REPLACE_LIMITS.files + 1).fill({ path: 'a', sha256: '' }) })]) {
    writeFileSync(journal, text)
    await assert.rejects(finishReplacing(folder), /not a list of files/)
  }
  writeFileSync(journal, ' '.repeat(REPLACE_LIMITS.journalBytes + 1))
  await assert.rejects(finishReplacing(folder), RangeError)
  writeFileSync(join(folder, 'ecluse.yaml.draft'), 'evil')
  writeFileSync(journal, JSON.stringify({ files: [{ path: 'ecluse.yaml', sha256: 'x' }] }))
  await assert.rejects(finishReplacing(folder), /not what was decided on/)
  assert.deepEqual([...said(folder)], ['old'])
  const many = Array.from({ length: REPLACE_LIMITS.files + 1 }, (_, i) => ({ path: `${i}.yaml`, text: '' }))
  await assert.rejects(replaceFiles(place(t), many), RangeError)
})

test('a link in the place of a draft is not written through', async (t) => {
  const folder = place(t)
  await replaceFiles(folder, filesOf('old'))
  const outside = join(place(t), 'outside')
  writeFileSync(outside, 'mine')
  symlinkSync(outside, join(folder, 'ecluse.yaml.draft'))
  await replaceFiles(folder, filesOf('new'))
  assert.equal(readFileSync(outside, 'utf8'), 'mine')
  assert.deepEqual([...said(folder)], ['new'])
})
