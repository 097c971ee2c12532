import { execFileSync } from 'node:child_process'
import { copyFileSync, globSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '../bench/node.ts'
import { systemClock } from '../src/core/time.ts'
import { type Bench, configure, judge, startNodeProcess, withBench } from './node.ts'
import { faultsOf, type Verdict } from './oracle.ts'
import { progressOf } from './progress.ts'
import { type Form, ofLong, type Row, tool } from './row.ts'

/**
 * The node writes to an ext4 file system in a file. A copy of that file is the disk as a power cut leaves it: what the kernel had not handed down yet is
 * not in it. Acknowledgements known before the copy began must be in what is recovered from it.
 */
export const title = 'Power cut'
export const needs = ['mkfs.ext4', 'losetup', 'mount', 'umount']
export const mounts = true

const DISK_BYTES = 192 * 2 ** 20
const LIMIT_MS = 30_000
/** A disk and a process last for so many cuts. */
const CUTS_A_LIFE = 10
/** For every other cut the process stands still while the file is copied, so that the copy is of one moment. */
const STILL = 2

export async function run(form: Form): Promise<Row[]> {
  const cuts = form === 'short' ? 3 : ofLong(200)
  const verdicts: Verdict[] = []
  const failed: string[] = []
  const progress = progressOf('power cuts', cuts)
  while (verdicts.length + failed.length < cuts) {
    await withBench(async (bench) => {
      const outer = join(bench.folder, 'disk.img')
      const data = join(mounted(bench.folder, outer, 'disk', true), 'data')
      const node = startNodeProcess(await configure({ ...bench, data }, { device: 'batch: 20, period: 5' }), bench)
      try {
        await until('a node that collects', LIMIT_MS, () => node.isOver() || node.acknowledged() > 20)
        for (let cut = 0; cut < CUTS_A_LIFE && verdicts.length + failed.length < cuts; cut++) {
          progress(verdicts.length)
          await systemClock.sleep(50 + Math.random() * 400)
          await one(bench, outer, node.pid(), cut % STILL === 0).then(
            (verdict) => verdicts.push(verdict),
            (error: Error) => failed.push(error.message.split('\n')[0] ?? ''),
          )
        }
      } finally {
        await node.kill()
        execFileSync(tool('umount'), ['-l', join(bench.folder, 'disk')])
      }
    })
  }
  return [row(cuts, verdicts, failed)]
}

function row(cuts: number, verdicts: readonly Verdict[], failed: readonly string[]): Row {
  const acknowledged = verdicts.reduce((sum, verdict) => sum + verdict.acknowledged, 0)
  const faults = verdicts.map(faultsOf).filter((text) => text !== '')
  return {
    fault: 'power cut',
    method: 'copies of a live ext4 image, every other one while the process writes; mounted, recovered, judged',
    runs: cuts,
    target: 'acknowledged lost 0, twice 0',
    figure: `${faults.join('; ') || 'lost 0, twice 0'} of ${acknowledged.toLocaleString('en')} acknowledged${failed.length > 0 ? `; ${failed.length} not recovered: ${failed[0]}` : ''}`,
    met: faults.length === 0 && failed.length === 0 && acknowledged > 0,
  }
}

async function one(bench: Bench, outer: string, pid: number, isStill: boolean): Promise<Verdict> {
  return withBench(async (after) => {
    if (isStill) process.kill(pid, 'SIGSTOP')
    const known = readFileSync(bench.journal, 'utf8').match(/^acknowledged,.*\n/gm) ?? []
    const image = join(after.folder, 'disk.img')
    copyFileSync(outer, image)
    if (isStill) process.kill(pid, 'SIGCONT')
    // What the source said later than the cut may be there; what was acknowledged later need not.
    writeFileSync(after.journal, [...(readFileSync(bench.journal, 'utf8').match(/^said,.*\n/gm) ?? []), ...known].join(''))
    const data = join(mounted(after.folder, image, 'copy', false), 'data')
    try {
      await configure({ ...after, data })
      // A machine that lost its power has none of its processes any more; here the writer lives on.
      for (const lock of globSync('**/{lock,*.lock}', { cwd: data })) rmSync(join(data, lock), { recursive: true, force: true })
      return await judge({ ...after, data })
    } finally {
      execFileSync(tool('umount'), ['-l', join(after.folder, 'copy')])
    }
  })
}

function mounted(folder: string, image: string, name: string, isNew: boolean): string {
  const path = join(folder, name)
  mkdirSync(path)
  if (isNew) {
    writeFileSync(image, '')
    truncateSync(image, DISK_BYTES)
    execFileSync(tool('mkfs.ext4'), ['-q', image])
  }
  execFileSync(tool('mount'), ['-o', 'loop', image, path])
  return path
}
