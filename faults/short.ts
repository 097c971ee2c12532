import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { globSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { type Fault, line, missing, type Row } from './row.ts'

/** The short form of each fault beside which as much may run, as tests; only those of several nodes, or of one, where that is said. */
export async function testFaults(beside: Fault['beside'], ofGateway?: boolean): Promise<void> {
  const names = globSync('*.fault.ts', { cwd: import.meta.dirname }).map((file) => basename(file, '.fault.ts'))
  const faults = await Promise.all(
    names.sort().map(async (name) => ({ name, fault: (await import(join(import.meta.dirname, `${name}.fault.ts`))) as Fault })),
  )
  for (const { name, fault } of faults) {
    if (fault.beside !== beside || (ofGateway !== undefined && (fault.ofGateway ?? false) !== ofGateway)) continue
    const lacking = missing(fault)
    // Several whole nodes and half a minute each: with them `npm test` would not stay under ten minutes.
    const isLeftOut = fault.ofGateway === true && process.env.ECLUSE_PEERS !== 'required'
    const skip =
      lacking.length > 0 ? `not installed: ${lacking.join(', ')}` : isLeftOut && 'between whole nodes: in .ci/run, or `npm run faults`'
    test(`fault: ${fault.title}`, { skip }, (t) => meets(name, t))
  }
}

/** The short form of a fault whose programs are there: it must meet its targets. */
async function meets(name: string, t: TestContext): Promise<void> {
  const args = [join(import.meta.dirname, 'main.ts'), '--one', name, '--json']
  const run = await promisify(execFile)(process.execPath, args).catch((error: { stdout: string; stderr: string }) => error)
  const said = run.stdout.trim().split('\n').at(-1) ?? ''
  assert.ok(said.startsWith('{'), `${said}\n${run.stderr}`)
  const { rows = [], why } = JSON.parse(said) as { rows?: Row[]; why?: string }
  if (why) return t.diagnostic(`not run: ${why}`)
  for (const row of rows) t.diagnostic(line(row))
  assert.deepEqual(rows.filter(({ met }) => !met).map(line), [])
}
