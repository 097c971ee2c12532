import { createHash } from 'node:crypto'
import { z } from 'zod'
import { Refusal } from '../problem.ts'

/** What is shown before anybody signs in (IEC 62443-3-3, SR 1.12), by language; `id` says which text it was. */
export interface Notice {
  readonly en?: string
  readonly fr?: string
  readonly id: string
}

/** `id` follows from the words alone, so that the audit log says for good which text somebody has read. */
export function noticeOf({ en, fr }: { readonly en?: string | undefined; readonly fr?: string | undefined }): Notice {
  const id = createHash('sha256')
    .update(JSON.stringify([en, fr]))
    .digest('hex')
    .slice(0, 16)
  return { ...(en !== undefined && { en }), ...(fr !== undefined && { fr }), id }
}

/** What a sign-in sends back of it. */
export const noticeId = z.string().max(64).optional().describe('id of the notice that was read, where there is one')

/** Refuses a sign-in before which the notice in force was not read; before anything is said of name or password. */
export function checkNotice(notice: Notice | undefined, read: string | undefined): void {
  if (notice && read !== notice.id) throw new Refusal(409, 'notice-unread')
}
