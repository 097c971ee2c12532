import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Locked, lockedPackages, ROOT } from './lock.ts'

/** `npm run licenses`: docs/licenses.md, from the lock file. */

/** Licences that a part of the shipped program may have: all of them let it be used and passed on with their notice. */
export const ALLOWED = [
  'MIT',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  '0BSD',
  'BlueOak-1.0.0',
  'Unlicense',
  'Python-2.0',
  'MIT OR Apache-2.0',
]

export function licenseTable(packages: readonly Locked[] = lockedPackages()): string {
  const shipped = packages.filter(({ dev }) => !dev)
  const rows = new Map(shipped.map(({ name, version, license }) => [`${name}@${version}`, `| ${name} | ${version} | ${license} |`]))
  const counts = new Map<string, number>()
  for (const row of rows.values()) {
    const license = row.split(' | ')[2]?.replace(' |', '') as string
    counts.set(license, (counts.get(license) ?? 0) + 1)
  }
  const summary = [...counts].sort((a, b) => b[1] - a[1]).map(([license, count]) => `${license} ${count}`)
  return [
    '# Licences of what is shipped',
    '',
    `Made by \`npm run licenses\` from the lock file; a test compares. ${rows.size} packages: ${summary.join(', ')}. Permitted: ${ALLOWED.join(', ')}.`,
    '',
    '| package | version | licence |',
    '|---|---|---|',
    ...[...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row),
    '',
  ].join('\n')
}

if (import.meta.main) writeFileSync(join(ROOT, 'docs', 'licenses.md'), licenseTable())
