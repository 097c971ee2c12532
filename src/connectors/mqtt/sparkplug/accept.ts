import { DEVICE_MESSAGES, NAMESPACE, NODE_MESSAGES } from './types.ts'

export interface Accept {
  node(group: string, node: string): boolean
  /** Device empty: the edge node's own metrics. */
  member(group: string, node: string, device: string): boolean
  /** Subscriptions that bring everything accepted, none twice. */
  readonly filters: readonly string[]
}

/** Globs of `group/node/device`, missing parts matching everything, as tests and as subscriptions. */
export function acceptor(globs: readonly string[]): Accept {
  const rules = globs.map((glob) => glob.split('/').map(matcher))
  const has = (parts: readonly string[]) =>
    rules.some((rule) => rule.every((matches, i) => i >= parts.length || matches(parts[i] as string)))
  return {
    node: (group, node) => has([group, node]),
    member: (group, node, device) => has([group, node, device]),
    filters: filtersOf(globs),
  }
}

function matcher(glob: string): (text: string) => boolean {
  if (glob === '*' || glob === '**') return () => true
  if (!/[*?]/.test(glob)) return (text) => text === glob
  const pattern = new RegExp(
    `^${glob
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replace(/\*+/g, '.*')
      .replace(/\?/g, '.')}$`,
    'su',
  )
  return (text) => pattern.test(text)
}

function filtersOf(globs: readonly string[]): string[] {
  const level = (glob: string | undefined) => (glob === undefined || /[*?]/.test(glob) ? '+' : glob)
  const pairs = globs.map((glob) => glob.split('/')).map(([group, node]) => [level(group), level(node)] as const)
  const covers = (a: readonly [string, string], b: readonly [string, string]) =>
    (a[0] === '+' || a[0] === b[0]) && (a[1] === '+' || a[1] === b[1])
  const wanted = pairs.filter((pair, i) => !pairs.some((other, j) => i !== j && covers(other, pair) && (!covers(pair, other) || j < i)))
  return wanted.flatMap(([group, node]) => [
    ...NODE_MESSAGES.map((type) => `${NAMESPACE}/${group}/${type}/${node}`),
    ...DEVICE_MESSAGES.map((type) => `${NAMESPACE}/${group}/${type}/${node}/+`),
  ])
}
