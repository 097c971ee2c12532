import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

/** Vulnerabilities of peers that each have a test here against us. A new one begins as a line of this list. */
const KNOWN = `
CVE-2016-10523 CVE-2017-7651 CVE-2017-7652 CVE-2020-13849 CVE-2020-22552 CVE-2021-21297 CVE-2021-21298 CVE-2022-1264 CVE-2022-21208 CVE-2022-24375 CVE-2022-25231
CVE-2022-35871 CVE-2022-36126 CVE-2023-0809 CVE-2023-27321 CVE-2023-28366 CVE-2023-31048 CVE-2023-33831 CVE-2023-36665 CVE-2023-45303 CVE-2025-13911 CVE-2025-13913
CVE-2025-34282 CVE-2026-25895 CVE-2026-25938 CVE-2026-25939 CVE-2026-26332 CVE-2026-26956 CVE-2026-43947 CVE-2026-44289 CVE-2026-44291 CVE-2026-47721 CVE-2026-54155
CVE-2026-54156 CVE-2026-58080 CVE-2026-63248 CVE-2026-65423 CVE-2026-68904 CVE-2026-69200 CVE-2026-77052 CVE-2026-95860 CVE-2026-9568 CVE-2026-111280 CVE-2026-115723
CVE-2026-116014 CVE-2022-45608 CVE-2023-26462 CVE-2025-69971 CVE-2025-69985 CVE-2026-13207 CVE-2026-25893 CVE-2026-25894 CVE-2026-77393 CVE-2026-92817`
  .trim()
  .split(/\s+/)

test('every vulnerability of the list is named in the title of a test', () => {
  const root = join(import.meta.dirname, '../..')
  const titles = globSync('{src,test}/**/*.test.ts', { cwd: root })
    .flatMap((file) => readFileSync(join(root, file), 'utf8').match(/\btest\(\s*(['"`])[\s\S]*?\1\s*,/g) ?? [])
    .join('\n')
  assert.deepEqual(
    KNOWN.filter((id) => !new RegExp(`${id}\\b`).test(titles)),
    [],
  )
})
