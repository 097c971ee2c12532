import { useEffect } from 'react'
import { readContracts } from '../api.ts'
import { worseContract } from '../live/contract-of.ts'
import { ContractCard } from '../parts/contract-card.tsx'
import { useLanguage } from '../words/index.ts'
import { useAnswer } from './use-answer.ts'

const AGAIN_MS = 30_000
/** What to write in the configuration; the same in every language. */
const EXAMPLE = 'contracts: [contracts/*.odcs.yaml]'

export function ContractsPage({ at }: { at: string }) {
  const { words } = useLanguage()
  const { data, problem } = useAnswer(readContracts, AGAIN_MS)
  const isRead = data !== undefined
  useEffect(() => {
    if (isRead && at !== '') document.getElementById(`contract-${at}`)?.scrollIntoView({ block: 'start' })
  }, [isRead, at])
  const text = words.contracts
  return (
    <>
      <header className="page-head">
        <h1>{text.title}</h1>
        <p className="soft">{text.intro}</p>
      </header>
      {problem && <p role="alert" className="problem">{`${text.problem} · ${problem}`}</p>}
      {!data && !problem && <p className="soft">{words.account.working}…</p>}
      {data?.contracts.length === 0 && (
        <section className="panel empty">
          <h2>{text.emptyTitle}</h2>
          <p>{text.emptyText}</p>
          <p>{text.emptyHow}</p>
          <pre>{EXAMPLE}</pre>
        </section>
      )}
      <div className="cards">
        {data?.contracts.toSorted(worseContract).map((contract) => (
          <ContractCard key={contract.id} contract={contract} chosen={contract.id === at} />
        ))}
      </div>
    </>
  )
}
