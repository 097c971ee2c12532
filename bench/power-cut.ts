import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { runProgram } from './report.ts'

const IMAGE_BYTES = 512 * 2 ** 20

export interface Disk {
  readonly place: string
  /** What would be found after a power cut now, mounted: a copy of the disk while it is in use. What had not reached it is not there. */
  cut(place: string): void
}

/** Runs `work` with a disk of its own mounted at `place`; undefined where loop devices cannot be mounted. */
export async function onDisk<T>(directory: string, place: string, work: (disk: Disk) => Promise<T>): Promise<T | undefined> {
  const image = join(directory, 'disk.img')
  const mounted: string[] = []
  const mount = (file: string, at: string) => {
    mkdirSync(at, { recursive: true })
    runProgram('mount', '-o', 'loop', file, at)
    mounted.push(at)
  }
  const cut = (at: string) => {
    const copy = join(directory, 'copy.img')
    copyFileSync(image, copy)
    mount(copy, at)
  }
  try {
    try {
      runProgram('truncate', '-s', String(IMAGE_BYTES), image)
      runProgram('mkfs.ext4', '-q', image)
      mount(image, place)
    } catch {
      return undefined
    }
    return await work({ place, cut })
  } finally {
    for (const at of mounted.reverse()) runProgram('umount', '-l', at)
  }
}
