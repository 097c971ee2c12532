import { resolve } from 'node:path'
import type { LintFinding } from '../../core/connector.ts'
import { compileGlob, GlobError } from '../../lib/glob.ts'
import { type FilesConfig, type FilesFeed, moveTarget, splitPath } from './config.ts'

/** What a schema cannot see: globs that cannot be, options of another format, files moved to where they are. */
export function lintFiles({ records }: FilesConfig): LintFinding[] {
  return records.flatMap((feed, i) => lintFeed(feed).map((found) => ({ ...found, path: ['records', i, ...found.path] })))
}

function lintFeed({ path, format, csv, sheet, done }: FilesFeed): LintFinding[] {
  const found: LintFinding[] = []
  const add = (at: string, code: string, message: string, hint?: string) =>
    found.push({ path: [at], code, message, ...(hint && { hint }), level: 'error' })
  const { folder, glob } = splitPath(path)
  if (/[*?[\]{}]/.test(folder))
    add('path', 'E_FILES_FOLDER', 'the folder is one; only the name of the file may hold * and ?', 'write a feed per folder')
  try {
    compileGlob(glob, { length: 256, alternatives: 16 })
  } catch (error) {
    if (!(error instanceof GlobError)) throw error
    add('path', 'E_FILES_GLOB', `the name of the file ${error.message}`)
  }
  if (csv && format !== 'csv') add('csv', 'E_FILES_OPTION', `csv has no effect with format: ${format}`)
  if (sheet !== undefined && format !== 'xlsx') add('sheet', 'E_FILES_OPTION', `sheet has no effect with format: ${format}`)
  if (csv?.decimalComma && csv.delimiter === ',')
    add('csv', 'E_FILES_COMMA', 'with decimalComma the delimiter cannot be a comma too', 'such files mostly have delimiter: ";"')
  const target = moveTarget(done)
  if (target !== undefined && resolve('/', folder, target) === resolve('/', folder))
    add('done', 'E_FILES_MOVE', 'files would be moved to where they are')
  return found
}
