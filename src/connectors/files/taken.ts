import { z } from 'zod'
import { LIMITS } from '../../core/limits.ts'
import { FILES_LIMITS } from './limits.ts'

/** A file that was read: its content tells it, its name, size and time of change save reading it again. */
export interface TakenFile {
  readonly name: string
  readonly size: number
  /** Milliseconds since the epoch. */
  readonly changedMs: number
  /** The first 128 bits of its SHA-256, base64url. */
  readonly hash: string
}

/** Files are taken in this order: many that were unpacked together have one time of change. */
type Age = Pick<TakenFile, 'changedMs' | 'name'>

export function compareAge(a: Age, b: Age): number {
  if (a.changedMs !== b.changedMs) return a.changedMs - b.changedMs
  return a.name === b.name ? 0 : a.name < b.name ? -1 : 1
}

/** What a feed has taken: the cursor. */
export interface Taken {
  /** Newest last. */
  readonly files: readonly TakenFile[]
  /** Files up to this one, by time of change and name, that are not in the list were taken and forgotten. */
  readonly forgottenUntil: Age
  /** The file under way, and the rows of it that are stored. */
  readonly partly: { readonly hash: string; readonly rows: number } | undefined
}

export const NOTHING_TAKEN: Taken = { files: [], forgottenUntil: { changedMs: 0, name: '' }, partly: undefined }

const encoded = z.strictObject({
  f: z.array(z.tuple([z.string(), z.number(), z.number(), z.string()])),
  u: z.tuple([z.number(), z.string()]),
  p: z.tuple([z.string(), z.number()]).optional(),
})

export function encodeTaken({ files, forgottenUntil, partly }: Taken): string {
  const f = files.map(({ name, size, changedMs, hash }) => [name, size, changedMs, hash] as [string, number, number, string])
  return JSON.stringify({
    f,
    u: [forgottenUntil.changedMs, forgottenUntil.name],
    ...(partly && { p: [partly.hash, partly.rows] }),
  } satisfies z.input<typeof encoded>)
}

/** Nothing, where it is no cursor of ours. */
export function decodeTaken(cursor: string | undefined): Taken {
  if (cursor === undefined) return NOTHING_TAKEN
  let read: unknown
  try {
    read = JSON.parse(cursor)
  } catch {
    // What another version or another kind of feed wrote here: files are read again, and say nothing new.
    return NOTHING_TAKEN
  }
  const { success, data } = encoded.safeParse(read)
  if (!success) return NOTHING_TAKEN
  return {
    files: data.f.map(([name, size, changedMs, hash]) => ({ name, size, changedMs, hash })),
    forgottenUntil: { changedMs: data.u[0], name: data.u[1] },
    partly: data.p && { hash: data.p[0], rows: data.p[1] },
  }
}

/** Characters that `partly` may add. */
const PARTLY_LENGTH = 128

/** With one more file; the oldest are forgotten, up to a time from which on every file is known. */
export function withTaken(taken: Taken, file: TakenFile): Taken {
  const files = [...taken.files.filter(({ name }) => name !== file.name), file]
  let { forgottenUntil } = taken
  const isTooMuch = () =>
    files.length > FILES_LIMITS.rememberedFiles ||
    encodeTaken({ files, forgottenUntil, partly: undefined }).length + PARTLY_LENGTH > LIMITS.cursorLength
  while (isTooMuch()) {
    const oldest = files.reduce((best, other, i) => (compareAge(other, files[best] as TakenFile) < 0 ? i : best), 0)
    const { name, changedMs } = files.splice(oldest, 1)[0] as TakenFile
    if (compareAge({ name, changedMs }, forgottenUntil) > 0) forgottenUntil = { name, changedMs }
  }
  return { files, forgottenUntil, partly: undefined }
}

/** Was this very file taken, or is it older than anything remembered? */
export function standing(taken: Taken, { name, size, changedMs }: Omit<TakenFile, 'hash'>): 'taken' | 'forgotten' | 'new' {
  const known = taken.files.find((file) => file.name === name)
  if (known) return known.size === size && known.changedMs === changedMs ? 'taken' : 'new'
  return compareAge({ name, changedMs }, taken.forgottenUntil) <= 0 ? 'forgotten' : 'new'
}
