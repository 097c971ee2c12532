import { toRoles } from '../core/people-config.ts'
import { EVERY_ZONE } from '../core/roles.ts'
import { nearest } from '../lib/suggest.ts'
import { type Located, locate, type Problems } from './places.ts'
import type { EcluseConfig } from './schema.ts'
import type { ConfigWords } from './words.ts'

/** Zones that roles name, roles that groups of a provider are mapped to, and those that approve changes: all of them are declared. */
export function checkPeople(config: EcluseConfig, at: Located, problems: Problems, words: ConfigWords): void {
  const zones = Object.keys(config.zones)
  for (const [name, { grants }] of Object.entries(config.roles))
    grants.forEach((grant, i) => {
      grant.zones.forEach((zone, j) => {
        if (zone === EVERY_ZONE || zones.includes(zone)) return
        problems.add(
          locate(at, ['roles', name, 'grants', i, 'zones', j]),
          'E_VALUE',
          words.roleZone(zone, nearest(zone, zones), zones.join(', ')),
        )
      })
    })
  const roles = [...toRoles(config).keys()]
  config.governance.changes.by.forEach((role, i) => {
    if (roles.includes(role)) return
    problems.add(locate(at, ['governance', 'changes', 'by', i]), 'E_VALUE', words.unknownRole(role, nearest(role, roles), roles.join(', ')))
  })
  for (const [group, mapped] of Object.entries(config.people.oidc?.roles ?? {}))
    mapped.forEach((role, i) => {
      if (roles.includes(role)) return
      problems.add(
        locate(at, ['people', 'oidc', 'roles', group, i]),
        'E_VALUE',
        words.unknownRole(role, nearest(role, roles), roles.join(', ')),
      )
    })
}
