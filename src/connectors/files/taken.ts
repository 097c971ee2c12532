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

/** What a feed has taken: the cursor. */
export interface Taken {
  /** Newest last. */
  readonly files: readonly TakenFile[]
  /** Files changed at or before this time that are not in the list were taken and forgotten. */
  readonly forgottenUntilMs: number
  /** The file under way, and the rows of it that are stored. */
  readonly partly: { readonly hash: string; readonly rows: number } | undefined
}

export const NOTHING_TAKEN: Taken = { files: [], forgottenUntilMs: 0, partly: undefined }

const encoded = z.strictObject({
  f: z.array(z.tuple([z.string(), z.number(), z.number(), z.string()])),
  u: z.number(),
  p: z.tuple([z.string(), z.number()]).optional(),
})

export function encodeTaken({ files, forgottenUntilMs, partly }: Taken): string {
  const f = files.map(({ name, size, changedMs, hash }) => [name, size, changedMs, hash] as [string, number, number, string])
  return JSON.stringify({ f, u: forgottenUntilMs, ...(partly && { p: [partly.hash, partly.rows] }) } satisfies z.input<typeof encoded>)
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
    forgottenUntilMs: data.u,
    partly: data.p && { hash: data.p[0], rows: data.p[1] },
  }
}

/** Characters that `partly` may add. */
const PARTLY_LENGTH = 128

/** With one more file; the oldest are forgotten, up to a time from which on every file is known. */
export function withTaken(taken: Taken, file: TakenFile): Taken {
  const files = [...taken.files.filter(({ name }) => name !== file.name), file]
  let { forgottenUntilMs } = taken
  const isTooMuch = () =>
    files.length > FILES_LIMITS.rememberedFiles ||
    encodeTaken({ files, forgottenUntilMs, partly: undefined }).length + PARTLY_LENGTH > LIMITS.cursorLength
  while (isTooMuch()) {
    const oldest = files.reduce((best, other, i) => (other.changedMs < (files[best] as TakenFile).changedMs ? i : best), 0)
    forgottenUntilMs = Math.max(forgottenUntilMs, (files.splice(oldest, 1)[0] as TakenFile).changedMs)
  }
  return { files, forgottenUntilMs, partly: undefined }
}

/** Was this very file taken, or is it older than anything remembered? */
export function standing(taken: Taken, { name, size, changedMs }: Omit<TakenFile, 'hash'>): 'taken' | 'forgotten' | 'new' {
  const known = taken.files.find((file) => file.name === name)
  if (known) return known.size === size && known.changedMs === changedMs ? 'taken' : 'new'
  return changedMs <= taken.forgottenUntilMs ? 'forgotten' : 'new'
}
