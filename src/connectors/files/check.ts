import { resolve } from 'node:path'
import { type CheckStep, failedStep, type SourceContext } from '../../core/connector.ts'
import { NotConnected } from '../../core/errors.ts'
import { type FilesConfig, type FilesFeed, splitPath } from './config.ts'
import { type FoundFile, lookInto, openFound } from './folder.ts'
import { BrokenFile } from './part.ts'
import { openParts } from './reading.ts'

/** Each feed's folder, then the first rows of its newest file; the first failure ends the list. */
export async function* checkFiles({ records }: FilesConfig, context: SourceContext, stop: AbortSignal): AsyncGenerator<CheckStep> {
  const { clock } = context
  for (const feed of records) {
    const { folder, glob } = splitPath(feed.path)
    const from = clock.monotonicMs()
    let files: readonly FoundFile[]
    try {
      files = (await lookInto(resolve(context.directory, folder), glob)).files
    } catch (error) {
      if (!(error instanceof NotConnected)) throw error
      return yield failedStep('folder', error)
    }
    yield { step: 'folder', ok: true, detail: `${folder}: ${files.length} files match ${glob}`, latencyMs: clock.monotonicMs() - from }
    const newest = files.at(-1)
    if (newest) yield await firstRows(feed, newest, context, stop)
  }
}

async function firstRows(feed: FilesFeed, file: FoundFile, { clock }: SourceContext, stop: AbortSignal): Promise<CheckStep> {
  const from = clock.monotonicMs()
  const handle = await openFound(file)
  try {
    const parts = await openParts(handle, file, feed, stop)
    const { value: part } = await parts.next()
    await parts.return()
    const detail = part ? `${part.rows.length} rows of ${Object.keys(part.rows[0] ?? {}).join(', ')}` : 'no rows'
    const bad = part?.unreadable[0]
    if (bad)
      return { step: 'first rows', ok: false, detail: `${file.name}: ${detail}; ${part.unreadable.length} unreadable: ${bad.reason}` }
    return { step: 'first rows', ok: true, detail: `${file.name}: ${detail}`, latencyMs: clock.monotonicMs() - from }
  } catch (error) {
    if (!(error instanceof BrokenFile)) throw error
    return { step: 'first rows', ok: false, detail: `${file.name}: ${error.message}`, hint: `is it ${feed.format}?` }
  } finally {
    await handle.close()
  }
}
