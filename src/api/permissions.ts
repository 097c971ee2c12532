/** What a caller may do; `operate`: release rows from quarantine, have results computed anew, read the files of a configuration; `audit`: see who did what, and check signatures. An empty set may nothing. */
export const PERMISSIONS = ['read', 'query', 'operate', 'audit', 'administer'] as const
export type Permission = (typeof PERMISSIONS)[number]
