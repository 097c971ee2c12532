import { type FormEvent, useId, useState } from 'react'
import type { PolicyChange } from '../../../src/api/schemas.ts'
import { simulatePolicy } from '../api.ts'
import { formatNumber } from '../format.ts'
import { useLanguage } from '../words/index.ts'

/** Paste or open a candidate file: what it would give and take, counts first. */
export function SimulatePanel() {
  const { words } = useLanguage()
  const text = words.policy
  const [file, setFile] = useState('')
  const [change, setChange] = useState<PolicyChange>()
  const [problem, setProblem] = useState<string>()
  const [isRunning, setRunning] = useState(false)
  const field = useId()
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setChange(undefined)
    if (file.trim() === '') return setProblem(text.missing)
    setProblem(undefined)
    setRunning(true)
    void simulatePolicy(file).then((answer) => {
      setRunning(false)
      if (answer.ok) setChange(answer.data)
      else setProblem([answer.problem.message, answer.problem.hint].filter(Boolean).join(' '))
    })
  }
  const open = (chosen: File | undefined) => void chosen?.text().then(setFile)
  return (
    <section className="panel zone-panel" aria-labelledby="policy-simulate">
      <h2 id="policy-simulate">{text.simulate}</h2>
      <p className="soft">{text.simulateHelp}</p>
      <form onSubmit={submit}>
        <p className="tools">
          <label>
            <span>{text.file}</span>
            <input type="file" accept=".yaml,.yml" onChange={({ target }) => open(target.files?.[0])} />
          </label>
        </p>
        <label htmlFor={field}>{text.candidate}</label>
        <textarea id={field} className="zone-candidate" spellCheck={false} value={file} onChange={({ target }) => setFile(target.value)} />
        <button type="submit">{text.run}</button>
      </form>
      <div aria-live="polite">
        {isRunning && <p className="soft">{words.account.working}…</p>}
        {problem && <p className="problem">{problem}</p>}
        {change && <Changed {...change} />}
      </div>
    </section>
  )
}

function Changed({ rights, carried, conduits, ways, unasked, problems }: PolicyChange) {
  const { locale, words } = useLanguage()
  const text = words.policy
  const number = (count: number) => formatNumber(count, locale)
  const right = ({ who, permission, zone }: PolicyChange['rights']['gained'][number]) => ({
    ...{ who, where: zone, what: words.people.permissions[permission as keyof typeof words.people.permissions] ?? permission },
  })
  const carry = ({ conduit, id }: PolicyChange['carried']['gained'][number]) => ({ who: conduit, where: '', what: id })
  const isSame = rights.gainedCount + rights.lostCount + carried.gainedCount + carried.lostCount + conduits.length + ways.length === 0
  const reason = (code: string | undefined) =>
    code === undefined ? '' : (words.zones.reasons[code as keyof typeof words.zones.reasons] ?? code)
  return (
    <>
      {isSame && <p>{text.same}</p>}
      {!isSame && (
        <>
          <Changes
            title={text.rightsChange}
            who={text.who}
            where={words.zones.zone}
            {...counted(rights)}
            before={rights.lost.map(right)}
            after={rights.gained.map(right)}
          />
          <Changes
            title={text.carriedChange}
            who={words.zones.conduit}
            {...counted(carried)}
            before={carried.lost.map(carry)}
            after={carried.gained.map(carry)}
          />
          <Said
            title={text.waysChange}
            who={text.way}
            rows={ways.map(({ part, name, before, after }) => ({ what: `${part} ${name}`, before: reason(before), after: reason(after) }))}
          />
          <Said
            title={text.conduitsChange}
            who={words.zones.conduit}
            rows={conduits.map(({ conduit, key, ...said }) => ({ what: key === 'conduit' ? conduit : `${conduit}.${key}`, ...said }))}
          />
        </>
      )}
      {unasked > 0 && <p className="problem">{text.unasked(number(unasked))}</p>}
      {problems.some(({ code }) => code.startsWith('E_')) && <p className="problem">{text.wouldNotStart}</p>}
      {problems.length > 0 && (
        <details>
          <summary>{text.problems(number(problems.length))}</summary>
          <ul>
            {problems.map(({ code, message, line }) => (
              <li key={`${code} ${line} ${message}`}>{`${text.line(String(line))} · ${code} · ${message}`}</li>
            ))}
          </ul>
        </details>
      )}
    </>
  )
}

interface SaidProps {
  readonly title: string
  readonly who: string
  readonly rows: readonly { readonly what: string; readonly before: string; readonly after: string }[]
}

/** What the file says otherwise, word for word. */
function Said({ title, who, rows }: SaidProps) {
  const { locale, words } = useLanguage()
  const text = words.policy
  return (
    <details>
      <summary>
        <b>{title}</b>
        {` · ${formatNumber(rows.length, locale)}`}
      </summary>
      {rows.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        <section className="scroll-x zone-list" aria-label={title} tabIndex={0}>
          <table className="samples">
            <thead>
              <tr>
                {[who, text.was, text.is].map((name) => (
                  <th key={name} scope="col">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map(({ what, before, after }) => (
                <tr key={what}>
                  <th scope="row">{what}</th>
                  <td className="wraps">{before || '–'}</td>
                  <td className="wraps">{after || '–'}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </details>
  )
}

const counted = ({ gainedCount, lostCount }: PolicyChange['rights'] | PolicyChange['carried']) => ({ gained: gainedCount, lost: lostCount })

interface One {
  readonly who: string
  readonly where: string
  readonly what: string
}

interface ChangesProps {
  readonly title: string
  readonly who: string
  readonly where?: string
  readonly gained: number
  readonly lost: number
  /** What is only before, what is only after; cut where there is much, the counts are whole. */
  readonly before: readonly One[]
  readonly after: readonly One[]
}

/** Counts, and under them who has what only before and only after. */
function Changes({ title, who, where, gained, lost, before, after }: ChangesProps) {
  const { locale, words } = useLanguage()
  const text = words.policy
  const keyOf = (one: One) => JSON.stringify([one.who, one.where])
  const [lostBy, gainedBy] = [Map.groupBy(before, keyOf), Map.groupBy(after, keyOf)]
  const listed = before.length + after.length
  const number = (count: number) => formatNumber(count, locale)
  const cell = (list: readonly One[] | undefined) => (list ? `${number(list.length)}: ${list.map(({ what }) => what).join(', ')}` : '–')
  return (
    <details>
      <summary>
        <b>{title}</b>
        {` · ${text.lost(number(lost))} · ${text.gained(number(gained))}`}
      </summary>
      {listed < gained + lost && <p className="soft">{text.cut(number(listed), number(gained + lost))}</p>}
      {listed > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        <section className="scroll-x zone-list" aria-label={title} tabIndex={0}>
          <table className="samples">
            <thead>
              <tr>
                {[who, ...(where === undefined ? [] : [where]), text.before, text.after].map((name) => (
                  <th key={name} scope="col">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {[...new Set([...lostBy.keys(), ...gainedBy.keys()])].map((key) => {
                const [name, zone] = JSON.parse(key) as [string, string]
                return (
                  <tr key={key}>
                    <th scope="row">{name}</th>
                    {where !== undefined && <td>{zone}</td>}
                    <td className="wraps">{cell(lostBy.get(key))}</td>
                    <td className="wraps">{cell(gainedBy.get(key))}</td>
                  </tr>
                )
              })}
            </tbody>
          </table>
        </section>
      )}
    </details>
  )
}
