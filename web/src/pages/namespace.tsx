import { useDeferredValue, useMemo, useState } from 'react'
import { formatNumber } from '../format.ts'
import { find, haystack, STATUS_FILTERS, visibleRows } from '../live/find.ts'
import { useLive, useNow, useShape } from '../live/use-live.ts'
import { SignalTree } from '../parts/signal-tree.tsx'
import { amend, hrefTo } from '../router.ts'
import { useLanguage } from '../words/index.ts'

/** Branches opened at first: the way to `at`, or the two upper steps where the tree is small enough to be read. */
const OPEN_DEPTH = 2
const SMALL_TREE = 400

export function NamespacePage({ query, status, at }: { query: string; status: string; at: string }) {
  const { locale, words } = useLanguage()
  const { plant } = useLive()
  const shape = useShape()
  const now = useNow()
  // What the reader opened or closed; the rest follows the defaults.
  const [chosen, setChosen] = useState<ReadonlyMap<string, boolean>>(new Map())
  const [everything, setEverything] = useState<boolean>()
  const deferred = useDeferredValue(query)

  // biome-ignore lint/correctness/useExhaustiveDependencies: `shape` stands for the signals, which the plant replaces when it changes
  const haystacks = useMemo(() => plant.signals.map(haystack), [plant, shape])
  const beat = STATUS_FILTERS[status] ? now : 0
  // biome-ignore lint/correctness/useExhaustiveDependencies: standings change; with a status filter the beat looks again every second
  const found = useMemo(() => find(deferred, status, haystacks, plant.sample), [deferred, status, haystacks, plant, beat])
  // biome-ignore lint/correctness/useExhaustiveDependencies: `shape` stands for branches and signals
  const rows = useMemo(() => {
    const small = plant.signals.length <= SMALL_TREE
    const isOpen = (path: string) =>
      chosen.get(path) ??
      everything ??
      (found !== undefined || path === at || at.startsWith(`${path}/`) || (at === '' && small && path.split('/').length <= OPEN_DEPTH))
    return visibleRows(plant.branches.root, plant.signals, isOpen, found)
  }, [plant, shape, chosen, everything, found, at])

  const search = (entries: { q?: string; status?: string }) => amend(hrefTo('namespace', { q: query, status, at, ...entries }))
  const number = (value: number) => formatNumber(value, locale)
  const choices = [
    ['', words.namespace.all],
    ['abnormal', words.namespace.abnormal],
    ...(['Bad', 'Uncertain', 'Good', 'waiting'] as const).map((name) => [name, words.status[name]]),
  ]
  const openAll = (open: boolean) => {
    setChosen(new Map())
    setEverything(open)
  }
  return (
    <div className="namespace">
      <header className="page-head">
        <h1>{words.namespace.title}</h1>
        <search className="tools">
          <label>
            <span>{words.namespace.search}</span>
            <input
              type="search"
              value={query}
              placeholder={words.namespace.searchHint}
              onChange={(event) => search({ q: event.target.value })}
            />
          </label>
          <label>
            <span>{words.namespace.status}</span>
            <select value={status} onChange={(event) => search({ status: event.target.value })}>
              {choices.map(([name, text]) => (
                <option key={name} value={name}>
                  {text}
                </option>
              ))}
            </select>
          </label>
          <button type="button" className="quiet" onClick={() => openAll(true)}>
            {words.namespace.expand}
          </button>
          <button type="button" className="quiet" onClick={() => openAll(false)}>
            {words.namespace.collapse}
          </button>
          <output className="soft">
            {words.namespace.found(number(found?.size ?? plant.signals.length), number(plant.signals.length))}
          </output>
        </search>
      </header>
      {rows.length === 0 ? (
        <p className="soft">{words.namespace.nothing}</p>
      ) : (
        <SignalTree rows={rows} startAt={at} onToggle={(path, open) => setChosen((before) => new Map(before).set(path, open))} />
      )}
      <p className="soft hint">{words.namespace.keys}</p>
    </div>
  )
}
