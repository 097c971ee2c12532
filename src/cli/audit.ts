import { auditList } from '../api/evidence-schemas.ts'
import { type ClientOptions, connectClient } from './client.ts'
import { type CommonOptions, EXIT, type Exit, type Verb } from './context.ts'
import { table, writeResult } from './output.ts'

export interface AuditOptions extends CommonOptions, ClientOptions {
  readonly from?: string
  readonly to?: string
  readonly kind?: string
  readonly limit: number
}

/** `ecluse audit`: who did what on a running node, newest first. */
export async function audit(verb: Verb, options: AuditOptions): Promise<Exit> {
  const { from, to, kind, limit } = options
  const client = await connectClient(verb, options)
  const query = {
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(kind !== undefined && { kind }),
    limit: String(limit),
  }
  const list = await client.get('/api/v1/audit', query, auditList)
  const words = verb.words.evidence
  writeResult(verb.io, options.output, list, () =>
    [
      table(
        [
          { title: words.n, cell: ({ n }) => String(n), right: true },
          { title: words.time, cell: ({ time }) => time },
          { title: words.kind, cell: (one) => one.kind },
          { title: words.outcome, cell: ({ outcome }) => words.outcomes[outcome] },
          { title: words.who, cell: ({ who }) => who ?? '-' },
          { title: words.address, cell: (one) => one.from ?? '-' },
          {
            title: words.what,
            cell: ({ what, count }) => [what, count === undefined ? undefined : `×${count}`].filter(Boolean).join(' ') || '-',
          },
        ],
        list.entries,
      ),
      ...(list.truncated ? [words.more] : []),
    ].join('\n'),
  )
  return EXIT.ok
}
