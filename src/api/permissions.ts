/** What a caller may do; `operate`: release rows from quarantine, have results computed anew, read the files of a configuration. An empty set may nothing. */
export const PERMISSIONS = ['read', 'query', 'operate', 'administer'] as const
export type Permission = (typeof PERMISSIONS)[number]
