import { useCallback } from 'react'
import type { Passport } from '../../../src/api/schemas.ts'
import { readPassport } from '../api.ts'
import { formatNumber, formatSecond, labelOf } from '../format.ts'
import { shownKey } from '../live/fact-rows.ts'
import { CopyButton } from '../parts/copy-button.tsx'
import { PassportChain } from '../parts/passport-chain.tsx'
import { type PassportOf, passportHref } from '../parts/passport-link.tsx'
import { PassportValue } from '../parts/passport-value.tsx'
import { PassportVerdict } from '../parts/passport-verdict.tsx'
import { PassportVersions } from '../parts/passport-versions.tsx'
import { amend, hrefTo } from '../router.ts'
import { useLanguage } from '../words/index.ts'
import { useAnswer } from './use-answer.ts'

const AGAIN_MS = 15_000

/** May this value be used for this, and why. The address is the permanent link: it names value, time, use and what was known when. */
export function PassportPage({ of }: { of: PassportOf }) {
  const { locale, words } = useLanguage()
  const text = words.passport
  const { signal, definition, key, value, at, use, known } = of
  // biome-ignore lint/correctness/useExhaustiveDependencies: `of` is another object each time
  const read = useCallback(() => readPassport(of), [signal, definition, key, value, at, use, known])
  const { data, problem, loading } = useAnswer(read, AGAIN_MS)
  const name = data ? titleOf(data, locale) : (signal ?? [definition, key].filter(Boolean).join(' · '))
  return (
    <div className="passport">
      <header className="page-head">
        <h1>{[text.title, name].filter(Boolean).join(' · ')}</h1>
        <Back of={of} />
      </header>
      <div className="tools">
        <label>
          {text.whatFor}
          <select value={use ?? ''} onChange={({ target }) => amend(passportHref({ ...of, use: target.value }))}>
            <option value="">{text.unstated}</option>
            {(data?.uses ?? []).map((one) => (
              <option key={one.id} value={one.id}>
                {labelOf(one.label, locale) ?? one.id}
              </option>
            ))}
            {use && !data?.uses.some(({ id }) => id === use) && <option value={use}>{use}</option>}
          </select>
        </label>
        <CopyButton text={data ? permanent(of, data) : window.location.href} label={text.copyLink} isNamed />
      </div>
      {problem && <p role="alert" className="problem">{`${text.problem} · ${problem}`}</p>}
      {!data && loading && <p className="soft">{words.account.working}…</p>}
      {data && (
        <>
          <PassportVerdict passport={data} />
          <Knowledge passport={data} of={of} />
          <PassportValue passport={data} />
          <PassportChain passport={data} of={of} />
          <PassportVersions passport={data} of={of} />
        </>
      )}
    </div>
  )
}

function titleOf({ subject }: Passport, locale: 'fr' | 'en'): string {
  if (subject.kind === 'sample') return subject.signal ?? ''
  const key = subject.key === undefined ? '' : shownKey(subject.key, (time) => formatSecond(new Date(time), locale))
  return [labelOf(subject.label, locale) ?? subject.definition, key, subject.value].filter(Boolean).join(' · ')
}

/** The link that means the same value tomorrow: of what is newest now, its time or its key is written down. */
function permanent(of: PassportOf, { subject, times }: Passport): string {
  const fixed = subject.kind === 'sample' ? { at: of.at ?? times.source } : { key: of.key ?? subject.key }
  const named = Object.fromEntries(Object.entries({ ...of, ...fixed }).filter(([, value]) => value !== undefined)) as PassportOf
  return new URL(passportHref(named), window.location.href).href
}

function Back({ of: { signal, definition, key } }: { of: PassportOf }) {
  if (signal) return <a href={hrefTo('signal', { id: signal })}>{signal}</a>
  if (!definition) return null
  return <a href={hrefTo('results', { of: definition, key, span: 'all' })}>{[definition, key].filter(Boolean).join(' · ')}</a>
}

function Knowledge({ passport: { knowledge }, of }: { passport: Passport; of: PassportOf }) {
  const { locale, words } = useLanguage()
  const text = words.passport
  const { revision, revisions, isNewest, asKnownAt } = knowledge
  if (revision === undefined) return null
  const { known: _, ...newest } = of
  return (
    <p className={isNewest ? 'soft' : undefined}>
      {text.version(formatNumber(revision, locale), formatNumber(revisions, locale))}
      {asKnownAt && ` · ${text.asKnownAt(formatSecond(new Date(asKnownAt), locale))}`}
      {!isNewest && ` · ${text.superseded} `}
      {(asKnownAt || !isNewest) && <a href={passportHref(newest)}>{text.newest}</a>}
    </p>
  )
}
