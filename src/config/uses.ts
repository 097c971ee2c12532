import { checkUses } from '../continuity/config.ts'
import { type Located, locate, type Problems } from './places.ts'
import type { EcluseConfig } from './schema.ts'
import type { ConfigWords } from './words.ts'

/** What `uses:` says of itself: limits that contradict each other, patterns that nobody can read, two uses of one name. */
export function checkDeclaredUses({ uses }: EcluseConfig, at: Located, problems: Problems, words: ConfigWords): void {
  for (const { is, path, other } of checkUses(uses)) {
    const place = locate(at, path)
    if (is === 'stricter') problems.add(place, 'E_USE_LIMITS', words.refusedTooSoon())
    else if (is === 'pattern') problems.add(place, 'E_VALUE', words.badReasonPattern())
    else problems.add(place, 'E_DUPLICATE_NAME', words.sameUseName(other ?? ''))
  }
}
