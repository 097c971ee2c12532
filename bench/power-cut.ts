import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'

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
    execFileSync('mount', ['-o', 'loop', file, at], { stdio: 'ignore' })
    mounted.push(at)
  }
  const cut = (at: string) => {
    const copy = join(directory, 'copy.img')
    copyFileSync(image, copy)
    mount(copy, at)
  }
  try {
    try {
      execFileSync('truncate', ['-s', String(IMAGE_BYTES), image])
      execFileSync('mkfs.ext4', ['-q', image], { stdio: 'ignore', env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` } })
      mount(image, place)
    } catch {
      return undefined
    }
    return await work({ place, cut })
  } finally {
    for (const at of mounted.reverse()) execFileSync('umount', ['-l', at], { stdio: 'ignore' })
  }
}
