import { basename, dirname } from 'node:path'
import { z } from 'zod'
import { duration } from '../../core/config-parts.ts'
import { feedBase } from '../../core/record-kinds.ts'
import { FILES_LIMITS } from './limits.ts'

const csv = z
  .strictObject({
    delimiter: z
      .string()
      .length(1, 'a delimiter is one character; a tab is written "\\t"')
      .refine((text) => !/["\r\n]/.test(text), 'a delimiter is no quote and no end of line')
      .default(','),
    encoding: z.enum(['utf-8', 'latin1', 'windows-1252']).default('utf-8'),
    decimalComma: z.boolean().default(false).describe('1.234,5 is a number: 1234.5'),
    header: z
      .union([z.literal(true), z.array(z.string().min(1).max(128)).min(1).max(FILES_LIMITS.columns)])
      .default(true)
      .describe('true: the first line names the columns; otherwise their names'),
  })
  .describe('How the lines are written')

export const filesFeed = feedBase.extend({
  path: z.string().min(1).max(1_024).describe('A folder and which of its files: /drop/orders-*.csv; relative to the folder of ecluse.yaml'),
  format: z.enum(['csv', 'json', 'jsonl', 'parquet', 'xlsx']),
  csv: csv.optional(),
  sheet: z.string().min(1).max(31).optional().describe('Sheet of an xlsx file; default the first'),
  every: duration
    .refine((ms) => ms >= 100, 'the shortest period is 100ms')
    .default(10_000)
    .describe('How often the folder is looked at; default 10s'),
  settle: duration
    .default(5_000)
    .describe('A file is taken once its size and time of change have stayed the same for this long; default 5s'),
  mode: z
    .enum(['changes', 'snapshot'])
    .default('changes')
    .describe('snapshot: a file is everything there is, what it does not hold is deleted'),
  done: z
    .union([z.literal('keep'), z.string().regex(/^move:.+$/, 'keep, or move:FOLDER')])
    .default('keep')
    .describe('What becomes of a file once its rows are stored: keep, or move:FOLDER (relative to the folder of the file)'),
})
export type FilesFeed = z.output<typeof filesFeed>
export type CsvOptions = z.output<typeof csv>

export const filesConfig = z.strictObject({
  records: z.array(filesFeed).min(1).max(FILES_LIMITS.feeds).describe('What is read'),
})
export type FilesConfig = z.output<typeof filesConfig>

export const CSV_DEFAULTS: CsvOptions = csv.parse({})

/** `/drop/orders-*.csv` as folder and glob. */
export function splitPath(path: string): { folder: string; glob: string } {
  return { folder: dirname(path), glob: basename(path) }
}

/** The folder of `done: move:FOLDER`. */
export function moveTarget(done: string): string | undefined {
  return done.startsWith('move:') ? done.slice('move:'.length) : undefined
}
