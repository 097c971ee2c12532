/** Limits on what a configuration may be, so that a hostile or broken file costs little. Every one has a test that reaches it. */
export const CONFIG_LIMITS = {
  /** Bytes of one YAML file. */
  fileBytes: 16 * 1024 * 1024,
  /** YAML files in one directory. */
  files: 256,
  /** Maps and lists inside one another. */
  depth: 64,
  /** Values that may come out of aliases (`*name`): small anchors are shared, "billion laughs" are refused. */
  aliasedNodes: 20_000,
  /** Values in one file, aliases included. */
  nodes: 500_000,
  /** Bytes of a file named by `${file:...}`. */
  secretBytes: 64 * 1024,
  /** Problems shown; the rest are counted. */
  problems: 200,
} as const
