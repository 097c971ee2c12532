import { useState } from 'react'
import type { Passport, PassportHop } from '../../../src/api/schemas.ts'
import { readPassport } from '../api.ts'
import { formatElapsed, formatNumber, formatSecond } from '../format.ts'
import { shownKey } from '../live/fact-rows.ts'
import { counted, countTexts, detailTexts, levelsOf, nearLevels } from '../live/passport-words.ts'
import { hrefTo } from '../router.ts'
import { useLanguage } from '../words/index.ts'
import { factReason } from './fact-table.tsx'
import { type PassportOf, passportHref } from './passport-link.tsx'
import { Mark } from './status-mark.tsx'

interface ChainProps {
  readonly passport: Passport
  readonly of: PassportOf
}

/** The chain as it is drawn is the list itself: a level for each kind of hop, from the value down to the devices. */
export function PassportChain({ passport, of }: ChainProps) {
  const { locale, words } = useLanguage()
  const text = words.passport
  const [whole, setWhole] = useState(false)
  const levels = levelsOf(passport.chain)
  const near = nearLevels(levels)
  const number = (value: number) => formatNumber(value, locale)
  return (
    <section className="panel" aria-labelledby="passport-chain">
      <header className="panel-head">
        <h2 id="passport-chain">{text.chain}</h2>
        {near.length < levels.length && (
          <button type="button" className="quiet" aria-expanded={whole} onClick={() => setWhole(!whole)}>
            {whole ? text.nearest : text.whole(number(passport.chain.length))}
          </button>
        )}
      </header>
      <p className="soft">
        {text.chainHelp} {text.below(countTexts({ counts: passport.total }, locale, words))}
      </p>
      <ol className="chain">
        {(whole ? levels : near).map((hops) => (
          <li key={hops[0]?.kind} className="chain-level">
            <h3>{text.kinds[(hops[0] as PassportHop).kind]}</h3>
            <ul className="chain-hops">
              {hops.map((hop) => (
                <HopCard key={hop.id} hop={hop} of={of} />
              ))}
            </ul>
          </li>
        ))}
      </ol>
    </section>
  )
}

function HopCard({ hop, of }: { hop: PassportHop; of: PassportOf }) {
  const { locale, words } = useLanguage()
  const text = words.passport
  const { state, problem, lastSeen, delaySeconds, owners, worstStatus } = hop
  const facts = [
    countTexts(hop, locale, words),
    ...(worstStatus && worstStatus !== 'Good' ? [text.worst(words.status[worstStatus])] : []),
    ...(lastSeen ? [text.lastSeen(formatSecond(new Date(lastSeen), locale))] : []),
    ...(delaySeconds === undefined ? [] : [text.delay(formatElapsed(delaySeconds, locale))]),
    ...(owners && owners.ot.length + owners.it.length > 0 ? [text.owners([...owners.ot, ...owners.it].join(', '))] : []),
  ].filter(Boolean)
  return (
    <li className={`hop hop-${state}`}>
      <p className="hop-name">
        {state === 'dead' && <Mark of={2} />} <HopName hop={hop} />
      </p>
      {state !== 'whole' && <p className="hop-state">{`${text.states[state]}${problem ? `: ${text.problems[problem]}` : ''}`}</p>}
      {state === 'whole' && problem && <p className="soft">{text.problems[problem]}</p>}
      {facts.length > 0 && <p className="soft">{facts.join(' · ')}</p>}
      <Details hop={hop} />
      {hop.canExpand && <Members hop={hop} of={of} />}
    </li>
  )
}

function HopName({ hop: { kind, name } }: { hop: PassportHop }) {
  if (name === '') return <b>—</b>
  if (kind === 'samples' && name.includes('/')) return <a href={hrefTo('namespace', { at: name })}>{name}</a>
  if (kind === 'connection') return <a href={hrefTo('connections', { at: name })}>{name}</a>
  if (kind === 'facts') return <a href={hrefTo('results', { of: name })}>{name}</a>
  if (kind === 'log') return <a href={hrefTo('node', { at: name })}>{name}</a>
  return <b>{name}</b>
}

function Details({ hop }: { hop: PassportHop }) {
  const { locale, words } = useLanguage()
  const all = detailTexts(hop, locale, words)
  if (all.length === 0) return null
  return (
    <dl className="hop-details">
      {all.map(({ name, text }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  )
}

type Member = NonNullable<Passport['members']>['members'][number]

/** Asked for only when somebody wants to see them, a page at a time. */
function Members({ hop, of }: { hop: PassportHop; of: PassportOf }) {
  const { locale, words } = useLanguage()
  const text = words.passport
  const [list, setList] = useState<{ members: readonly Member[]; next: number | undefined; total: number }>()
  const [problem, setProblem] = useState<string>()
  const read = async (after: number) => {
    const answer = await readPassport(of, { expand: hop.id, after })
    if (!answer.ok || !answer.data.members) {
      setProblem(answer.ok ? text.problem : answer.problem.message)
      return
    }
    const { members, next, total } = answer.data.members
    setProblem(undefined)
    setList((before) => ({ members: [...(after > 0 ? (before?.members ?? []) : []), ...members], next, total }))
  }
  const many = hop.counts?.signals ?? hop.counts?.facts ?? hop.counts?.records ?? 0
  const noun =
    hop.kind === 'rules' ? text.kinds.rules : countTexts({ ...hop, counts: { ...hop.counts, samples: undefined } }, locale, words)
  return (
    <>
      <button type="button" className="quiet" aria-expanded={list !== undefined} onClick={() => (list ? setList(undefined) : void read(0))}>
        {list ? text.close : text.open(noun || formatNumber(many, locale))}
      </button>
      {problem && <p role="alert" className="problem">{`${text.problem} · ${problem}`}</p>}
      {list && (
        <ul className="hop-members" aria-label={text.members(hop.name)}>
          {list.members.map((member) => (
            <MemberLine key={member.name} member={member} hop={hop} of={of} />
          ))}
        </ul>
      )}
      {list?.next !== undefined && (
        <button type="button" className="quiet" onClick={() => void read(list.next as number)}>
          {text.more(formatNumber(list.total - list.next, locale))}
        </button>
      )}
    </>
  )
}

function MemberLine({ member, hop, of }: { member: Member; hop: PassportHop; of: PassportOf }) {
  const { locale, words } = useLanguage()
  const text = words.passport
  const { name, samples, worstStatus, newest, revision, reasons = [], problem } = member
  const shown = shownKey(name, (time) => formatSecond(new Date(time), locale))
  const parts = [
    ...(samples === undefined ? [] : [counted('samples', samples, locale, words)]),
    ...(worstStatus && worstStatus !== 'Good' ? [words.status[worstStatus]] : []),
    ...(revision === undefined ? [] : [words.records.revision(String(revision))]),
    ...(newest ? [formatSecond(new Date(newest), locale)] : []),
    ...(problem ? [text.problems[problem]] : []),
    ...reasons.map((reason) => factReason(reason, words)),
  ]
  const own: PassportOf | undefined =
    hop.kind === 'samples' || hop.kind === 'derived'
      ? { signal: name, ...(newest && { at: newest }), ...(of.use && { use: of.use }) }
      : hop.kind === 'facts'
        ? { definition: hop.name, key: name, ...(of.use && { use: of.use }) }
        : undefined
  return (
    <li>
      {own ? <a href={passportHref(own)}>{shown}</a> : shown} <span className="soft">{parts.join(' · ')}</span>
    </li>
  )
}
