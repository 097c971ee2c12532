import type { PeopleSettings } from '../api/people/access.ts'
import { noticeOf } from '../api/people/notice.ts'
import type { LoadedConfig } from '../config/index.ts'
import { toRoles } from '../core/people-config.ts'

/** What the file says of people, as the HTTP surface uses it. */
export function peopleOf({ config, connections }: Pick<LoadedConfig, 'config' | 'connections'>): PeopleSettings {
  const own = config.node.zone
  const byConnection = new Map(connections.map(({ name, zone }) => [name, zone ?? own]))
  const { mfa, sessions, url, oidc, notice } = config.people
  return {
    ...{ roles: toRoles(config), mfa, sessions, url, oidc, ...(notice && { notice: noticeOf(notice) }) },
    zones: { zones: Object.keys(config.zones), own, ofConnection: (name) => byConnection.get(name) },
  }
}
