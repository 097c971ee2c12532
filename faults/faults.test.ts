import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { globSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { type Fault, line, missing, type Row } from './row.ts'

/** The short form of every fault whose programs are there: each must meet its targets. */
for (const file of globSync('*.fault.ts', { cwd: import.meta.dirname }).sort()) {
  const { title, needs } = (await import(join(import.meta.dirname, file))) as Fault
  const lacking = missing({ ...(needs && { needs }) })
  test(`fault: ${title}`, { skip: lacking.length > 0 && `not installed: ${lacking.join(', ')}` }, async (t) => {
    const args = [join(import.meta.dirname, 'main.ts'), '--one', basename(file, '.fault.ts'), '--json']
    const run = await promisify(execFile)(process.execPath, args).catch((error: { stdout: string; stderr: string }) => error)
    const said = run.stdout.trim().split('\n').at(-1) ?? ''
    assert.ok(said.startsWith('{'), `${said}\n${run.stderr}`)
    const { rows = [], why } = JSON.parse(said) as { rows?: Row[]; why?: string }
    if (why) return t.diagnostic(`not run: ${why}`)
    for (const row of rows) t.diagnostic(line(row))
    assert.deepEqual(rows.filter(({ met }) => !met).map(line), [])
  })
}
