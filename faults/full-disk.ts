import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Bench, type NodeProcess, withBench } from './node.ts'
import { tool } from './row.ts'

/** Makes the disk of a running node bad; says when it was first noticed, and undoes it. */
export type Break = (
  node: NodeProcess,
  place: Pick<Bench, 'folder' | 'data'>,
) => Promise<{ since(): number | undefined; end(): Promise<void> | void }>

/** Gives `work` a folder on a file system of 96 MiB of its own. */
export async function onSmallDisk<T>(work: (data: string) => Promise<T>): Promise<T> {
  return withBench(async ({ folder }) => {
    const mount = join(folder, 'disk')
    mkdirSync(mount)
    execFileSync(tool('mount'), ['-t', 'tmpfs', '-o', 'size=96m', 'tmpfs', mount])
    try {
      return await work(join(mount, 'data'))
    } finally {
      execFileSync(tool('umount'), ['-l', mount])
    }
  })
}

/** Fills the disk with a file of ballast. */
export const fill: Break = async (_node, { data }) => {
  const ballast = join(data, '..', 'ballast')
  const top = () => {
    const { bavail, bsize } = statfsSync(data)
    if (bavail > 0) {
      try {
        writeFileSync(ballast, Buffer.alloc(bavail * bsize), { flag: 'a' })
      } catch {
        // full: as wanted
      }
    }
  }
  top()
  const since = Date.now()
  const filling = setInterval(top, 20)
  return {
    since: () => since,
    end: () => {
      clearInterval(filling)
      rmSync(ballast)
    },
  }
}
