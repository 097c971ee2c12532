import type { Located, LocatedKey, Path, Problems } from './places.ts'
import type { YamlFile } from './read-yaml.ts'
import type { ConfigWords } from './words.ts'

/**
 * Several files as one: maps are joined key by key, at any depth; anything else may be given once.
 * `version` alone may stand in every file, with the same value, so that each file says what it is.
 */
export function mergeFiles(files: readonly YamlFile[], problems: Problems, words: ConfigWords): YamlFile | undefined {
  return files.reduce<YamlFile | undefined>((into, file) => (into ? merge(into, file, [], problems, words) : file), undefined)
}

type Map_ = Record<string, unknown>
const isMap = (value: unknown): value is Map_ => typeof value === 'object' && value !== null && !Array.isArray(value)

function merge(a: YamlFile, b: YamlFile, path: Path, problems: Problems, words: ConfigWords): YamlFile {
  const value: Map_ = { ...(a.value as Map_) }
  const keys = new Map(a.at.keys)
  for (const [name, added] of b.at.keys ?? []) {
    const known = keys.get(name)
    const addedValue = (b.value as Map_)[name]
    if (!known) {
      value[name] = addedValue
      keys.set(name, added)
    } else if (isMap(value[name]) && isMap(addedValue)) {
      const merged = merge(
        { value: value[name], at: known.value },
        { value: addedValue, at: added.value },
        [...path, name],
        problems,
        words,
      )
      value[name] = merged.value
      keys.set(name, { ...known, value: merged.at })
    } else if (path.length > 0 || name !== 'version' || value[name] !== addedValue) {
      problems.add(added, 'E_MERGE_CONFLICT', words.mergeConflict(name, whereIs(known)))
    }
  }
  const at: Located = { source: a.at.source, offset: a.at.offset, keys }
  return { value, at }
}

function whereIs(key: LocatedKey): string {
  return `${key.source.file}:${key.source.at(key.offset).line}`
}
