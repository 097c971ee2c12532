import { useState } from 'react'
import type { Consequences, PlanAnswer } from '../../../src/api/schemas.ts'
import { formatNumber } from '../format.ts'
import { hrefTo } from '../router.ts'
import { useLanguage } from '../words/index.ts'
import { Counts } from './lineage-side.tsx'

type Plan = NonNullable<PlanAnswer['plan']>

/** What a plan says, worst first: lint, what breaks by place, whose numbers change, what was changed, who is to be told. */
export function PlanResult({ answer: { ok, problems, problemsTotal, plan } }: { answer: PlanAnswer }) {
  const { words } = useLanguage()
  const text = words.plan
  const isSame = plan !== undefined && plan.changesTotal === 0
  return (
    <>
      <Lint {...{ ok, problems, problemsTotal }} />
      {isSame && <p>{text.same}</p>}
      {plan && !isSame && (
        <>
          <Side title={text.breaks} none={text.nothingBreaks} of={plan.breaks} isBad />
          <Side title={text.touches} none={text.noNumbers} of={plan.touches} />
          <Changes of={plan} />
          <Told of={plan} />
          <Load of={plan} />
        </>
      )}
    </>
  )
}

function Lint({ ok, problems, problemsTotal }: Omit<PlanAnswer, 'plan'>) {
  const { locale, words } = useLanguage()
  const text = words.plan
  const number = (count: number) => formatNumber(count, locale)
  return (
    <section className="panel" aria-labelledby="plan-lint">
      <h3 id="plan-lint">{text.lint}</h3>
      <p className={ok ? undefined : 'problem'}>{ok ? text.passes : text.refused(number(problemsTotal))}</p>
      {problems.length > 0 && (
        <ul className="lineage-items">
          {problems.map(({ file, line, column, code, message, hint }) => (
            <li key={`${file}:${line}:${column} ${code} ${message}`}>
              <code>{`${file}:${line}:${column} ${code}`}</code> {message} {hint && <span className="soft">{hint}</span>}
            </li>
          ))}
        </ul>
      )}
      {problems.length < problemsTotal && <p className="soft">{text.more(number(problems.length), number(problemsTotal))}</p>}
    </section>
  )
}

function Side({ title, none, of, isBad = false }: { title: string; none: string; of: Consequences; isBad?: boolean }) {
  const { locale } = useLanguage()
  const { total, counts, groups } = of
  return (
    <section className="panel" aria-label={title}>
      <h3 className={isBad && total > 0 ? 'problem' : undefined}>{`${title} · ${formatNumber(total, locale)}`}</h3>
      {total === 0 && <p className="soft">{none}</p>}
      <Counts counts={counts} />
      {groups.map((group) => (
        <Group key={group.equipment ?? ''} of={group} isOpen={groups.length === 1} />
      ))}
    </section>
  )
}

function Group({ of: { equipment, counts, items }, isOpen }: { of: Consequences['groups'][number]; isOpen: boolean }) {
  const { locale, words } = useLanguage()
  const [open, setOpen] = useState(isOpen)
  const { plan: text, lineage } = words
  const said = counts.map(({ kind, count }) => lineage.count(formatNumber(count, locale), lineage.kinds[kind])).join(', ')
  const total = counts.reduce((sum, { count }) => sum + count, 0)
  return (
    <details className="lineage-group" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <b>{equipment ?? lineage.nowhere}</b> <span className="soft">{said}</span>
      </summary>
      {open && (
        <ul className="lineage-items">
          {items.map(({ kind, id, why, detail }) => (
            <li key={`${kind}:${id}`}>
              <span className="soft">{lineage.kinds[kind]}</span> <a href={hrefTo('lineage', { of: `${kind}:${id}` })}>{id}</a>{' '}
              <span className="soft">{`· ${text.why[why]} ${detail}`}</span>
            </li>
          ))}
        </ul>
      )}
      {open && items.length < total && <p className="soft">{text.more(formatNumber(items.length, locale), formatNumber(total, locale))}</p>}
    </details>
  )
}

function Changes({ of: { changes, changesTotal } }: { of: Plan }) {
  const { locale, words } = useLanguage()
  const { plan: text, lineage } = words
  const number = (count: number) => formatNumber(count, locale)
  const said = (counts: Consequences['counts']) =>
    counts.map(({ kind, count }) => lineage.count(number(count), lineage.kinds[kind])).join(', ')
  return (
    <section className="panel" aria-labelledby="plan-changes">
      <h3 id="plan-changes">{`${text.changes} · ${number(changesTotal)}`}</h3>
      <ul className="lineage-items">
        {changes.map(({ is, kind, ids, idsTotal, keys, cosmetic, breaks, changes: touched }) => (
          <li key={[is, kind, ids[0], ...keys.map(({ key }) => key)].join(' ')}>
            <b>{text.is[is]}</b> {kind === 'setting' ? text.setting : lineage.kinds[kind]} {ids[0]}
            {idsTotal > 1 && ` (${number(idsTotal)})`}
            {keys.map(({ key, before, after }) => (
              <span key={key}>
                {` · ${key}: `}
                <code>{before ?? text.nothing}</code> → <code>{after ?? text.nothing}</code>
              </span>
            ))}
            {cosmetic && <span className="soft">{` · ${text.cosmetic}`}</span>}
            {breaks.length > 0 && <b>{` · ${text.breaksCount} ${said(breaks)}`}</b>}
            {touched.length > 0 && <span className="soft">{` · ${text.touchesCount} ${said(touched)}`}</span>}
          </li>
        ))}
      </ul>
      {changes.length < changesTotal && <p className="soft">{text.more(number(changes.length), number(changesTotal))}</p>}
    </section>
  )
}

function Told({ of: { contracts, people, recompute } }: { of: Plan }) {
  const { locale, words } = useLanguage()
  const text = words.plan
  const number = (count: number) => formatNumber(count, locale)
  const lists: [title: string, items: string[]][] = [
    [
      text.people,
      people.map(
        ({ name, roles, breaks, changes }) =>
          `${name} · ${roles.map((role) => text.roles[role]).join(', ')} · ${text.breaksCount} ${number(breaks)}, ${text.touchesCount} ${number(changes)}`,
      ),
    ],
    [
      text.contracts,
      contracts.map(({ id, version, isBroken, otOwner, itOwner }) =>
        [`${id} ${version}`, isBroken ? text.broken : text.touched, otOwner, itOwner].filter(Boolean).join(' · '),
      ),
    ],
    [text.recompute, [...recompute]],
  ]
  return lists.map(
    ([title, items]) =>
      items.length > 0 && (
        <section key={title} className="panel" aria-label={title}>
          <h3>{title}</h3>
          <ul className="lineage-items">
            {items.map((item) => (
              <li key={item}>{item}</li>
            ))}
          </ul>
        </section>
      ),
  )
}

function Load({ of: { load } }: { of: Plan }) {
  const { locale, words } = useLanguage()
  const text = words.plan
  if (load.length === 0) return null
  const said = (one: (typeof load)[number]['before']) => {
    if (!one) return text.nothing
    const number = (count: number | undefined) => (count === undefined ? text.unknown : formatNumber(count, locale))
    return text.loadOf(number(one.signals), number(one.readingsPerSecond), number(one.requestsPerSecond))
  }
  return (
    <section className="panel" aria-labelledby="plan-load">
      <h3 id="plan-load">{text.load}</h3>
      <ul className="lineage-items">
        {load.map(({ connection, before, after }) => (
          <li key={connection}>
            <b>{connection}</b> {said(before)} → {said(after)}
          </li>
        ))}
      </ul>
    </section>
  )
}
