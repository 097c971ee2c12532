/** What a caller may do; `operate`: release rows from quarantine, have results computed anew, read the files of a configuration; `audit`: see who did what, and check signatures; `write`: ask for a value to be written to a device, which is refused and recorded. An empty set may nothing. */
export const PERMISSIONS = ['read', 'query', 'operate', 'audit', 'administer', 'write'] as const
export type Permission = (typeof PERMISSIONS)[number]
