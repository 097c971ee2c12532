import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { isThorough } from '../../src/lib/thorough.fixture.ts'

/** The example as a person starts it: what the edge measures arrives at the hub, and all of it ends cleanly. */
const WITHIN_MS = 120_000
const root = join(import.meta.dirname, '../..')
const ecluse = join(root, 'bin/ecluse.js')

interface Status {
  readonly gateway: { readonly nodes: readonly { readonly node: string; readonly sequence: number; readonly signals: number }[] }
}

/** `status` ends with 1 when something is abnormal, and answers all the same; before the node runs it says nothing that is JSON. */
async function edgeAt(hub: string): Promise<Status['gateway']['nodes'][number] | undefined> {
  const told = promisify(execFile)(process.execPath, [ecluse, 'status', '-c', hub, '-o', 'json'], { timeout: 30_000 })
  const { stdout } = await told.catch(({ stdout }: { stdout?: string }) => ({ stdout: stdout ?? '' }))
  return stdout.startsWith('{') ? (JSON.parse(stdout) as Status).gateway.nodes.find(({ node }) => node === 'edge-1') : undefined
}

for (const more of [[], ['--diode']]) {
  // Three programs that are started and asked by others: what they do is tested by itself too.
  const skip = more.length > 0 && !isThorough && 'in .ci/run, or with ECLUSE_LONG=1'
  test(`edge to hub ${more.join(' ')}`, { skip }, async (t) => {
    const data = mkdtempSync(join(tmpdir(), 'ecluse-three-'))
    const child = spawn(process.execPath, [join(import.meta.dirname, 'run.ts'), '--data', data, ...more], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
    t.after(async () => {
      if (child.exitCode === null) child.kill('SIGTERM')
      await ended
      rmSync(data, { recursive: true, force: true })
    })
    let said = ''
    const started = new Promise<void>((resolve) => {
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (text: Buffer) => {
          said += text
          if (said.includes('run; their files are in')) resolve()
        })
    })
    await Promise.race([started, ended])
    const end = Date.now() + WITHIN_MS
    // Each question is a program of its own, so this does not spin.
    while (!((await edgeAt(join(data, 'hub/ecluse.yaml')))?.signals ?? 0)) {
      assert.equal(child.exitCode, null, said)
      if (Date.now() > end) assert.fail(`nothing of the edge within ${WITHIN_MS / 1000} s:\n${said}`)
    }
    child.kill('SIGTERM')
    assert.equal(await ended, 0, said)
  })
}
