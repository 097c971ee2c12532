import * as fs from 'node:fs'
import * as fsp from 'node:fs/promises'
import { join } from 'node:path'
import { syncDirectory } from './replace-file.ts'

/** An open file. Positions and sizes in bytes. */
export interface DurableFile {
  /** Writes all of the buffers, or rejects; after a rejection any part of them may be in the file. */
  write(buffers: readonly Uint8Array[], position: number): Promise<void>
  /** Makes what was written durable. After a rejection nothing is known, and it must not be called again. */
  sync(): Promise<void>
  /** Fills `into` from `position`; fewer bytes only at the end of the file. */
  read(into: Uint8Array, position: number): Promise<number>
  size(): Promise<number>
  truncate(bytes: number): Promise<void>
  close(): Promise<void>
}

/** The few things that logs ask of a file system, so that tests can make each of them fail. */
export interface DurableFiles {
  /** `create` fails when the file exists; `repair` may truncate. */
  open(path: string, mode: 'read' | 'create' | 'repair'): Promise<DurableFile>
  list(directory: string): Promise<string[]>
  makeDirectory(directory: string): Promise<void>
  rename(from: string, to: string): Promise<void>
  remove(path: string): Promise<void>
  /** Makes creations and renames in the directory durable. */
  syncDirectory(directory: string): Promise<void>
}

const FLAGS = { read: 'r', create: 'wx+', repair: 'r+' } as const
/** Readable by the node's own account only. */
const FILE_MODE = 0o600
const DIRECTORY_MODE = 0o700

/** The machine's file system. */
export const machineFiles: DurableFiles = {
  open: async (path, mode) =>
    openFile(
      await new Promise<number>((resolve, reject) =>
        fs.open(path, FLAGS[mode], FILE_MODE, (error, fd) => (error ? reject(error) : resolve(fd))),
      ),
    ),
  list: (directory) => fsp.readdir(directory),
  makeDirectory: async (directory) => {
    await fsp.mkdir(directory, { recursive: true, mode: DIRECTORY_MODE })
  },
  rename: (from, to) => fsp.rename(from, to),
  remove: (path) => fsp.unlink(path),
  syncDirectory,
}

/** Replaces a small file of the directory in one step: after a crash it is the old or the new one, whole. */
export function replaceIn(files: DurableFiles, directory: string, name: string, content: object): Promise<void> {
  return replaceTextIn(files, directory, name, `${JSON.stringify(content)}\n`)
}

export async function replaceTextIn(files: DurableFiles, directory: string, name: string, text: string): Promise<void> {
  const draft = `${name}.draft`
  if ((await files.list(directory)).includes(draft)) await files.remove(join(directory, draft))
  const file = await files.open(join(directory, draft), 'create')
  try {
    await file.write([new TextEncoder().encode(text)], 0)
    await file.sync()
  } finally {
    await file.close()
  }
  await files.rename(join(directory, draft), join(directory, name))
  await files.syncDirectory(directory)
}

/** Callbacks on a descriptor: half the cost of a FileHandle on the hot path. */
function openFile(fd: number): DurableFile {
  const settle = (call: (done: (error: Error | null) => void) => void) =>
    new Promise<void>((resolve, reject) => call((error) => (error ? reject(error) : resolve())))
  const writeSome = (buffers: readonly Uint8Array[], position: number) =>
    new Promise<number>((resolve, reject) =>
      fs.writev(fd, buffers, position, (error, written) => (error ? reject(error) : resolve(written))),
    )
  const readSome = (into: Uint8Array, position: number) =>
    new Promise<number>((resolve, reject) =>
      fs.read(fd, into, 0, into.length, position, (error, count) => (error ? reject(error) : resolve(count))),
    )
  return {
    write: async (buffers, position) => {
      let rest = buffers
      for (let at = position; rest.length > 0; ) {
        const written = await writeSome(rest, at)
        if (written === 0) throw new Error('the file system accepts no more bytes')
        at += written
        rest = after(rest, written)
      }
    },
    read: async (into, position) => {
      let got = 0
      while (got < into.length) {
        const count = await readSome(into.subarray(got), position + got)
        if (count === 0) break
        got += count
      }
      return got
    },
    sync: () => settle((done) => fs.fdatasync(fd, done)),
    size: () => new Promise((resolve, reject) => fs.fstat(fd, (error, stat) => (error ? reject(error) : resolve(stat.size)))),
    truncate: (bytes) => settle((done) => fs.ftruncate(fd, bytes, done)),
    close: () => settle((done) => fs.close(fd, done)),
  }
}

/** What of `buffers` is left after the first `written` bytes. */
function after(buffers: readonly Uint8Array[], written: number): readonly Uint8Array[] {
  let skip = written
  for (let i = 0; i < buffers.length; i++) {
    const buffer = buffers[i] as Uint8Array
    if (skip < buffer.length) return [buffer.subarray(skip), ...buffers.slice(i + 1)]
    skip -= buffer.length
  }
  return []
}
