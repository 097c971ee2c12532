import { readContracts } from '../api.ts'
import { formatNumber } from '../format.ts'
import { binds, nameOf, recent } from '../live/contract-of.ts'
import { useStream } from '../live/use-live.ts'
import { useAnswer } from '../pages/use-answer.ts'
import { hrefTo } from '../router.ts'
import { useLanguage } from '../words/index.ts'
import { LanguageMark } from './language-mark.tsx'
import { Mark } from './status-mark.tsx'

const AGAIN_MS = 60_000

/** The contracts that bind a signal, with what they forbid. */
export function SignalContracts({ id }: { id: string }) {
  const { locale, words } = useLanguage()
  const { health } = useStream()
  const { data, problem } = useAnswer(readContracts, AGAIN_MS)
  const bound = (data?.contracts ?? []).filter((contract) => binds(contract, id, health?.site.id ?? ''))
  if (!data && !problem) return null
  return (
    <section className="panel">
      <h2>{words.quality.contractsHere}</h2>
      {problem && <p role="alert" className="problem">{`${words.contracts.problem} · ${problem}`}</p>}
      {data && bound.length === 0 && <p className="soft">{words.quality.contractsNone}</p>}
      <ul className="bound">
        {bound.map((contract) => (
          <li key={contract.id}>
            {recent(contract) > 0 && <Mark of={1} />}{' '}
            <a href={hrefTo('contracts', { at: contract.id })}>
              <span lang={contract.language}>{nameOf(contract)}</span>
            </a>{' '}
            <LanguageMark language={contract.language} />{' '}
            <span className="soft">
              {contract.version}
              {recent(contract) > 0 &&
                ` · ${words.contracts.violations}, ${words.contracts.brokenIn(formatNumber(recent(contract), locale))}`}
            </span>
            {contract.forbiddenUses.length > 0 && (
              <p>
                <b>{words.contracts.forbidden}</b> <span lang={contract.language}>{contract.forbiddenUses.join(', ')}</span>
              </p>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}
