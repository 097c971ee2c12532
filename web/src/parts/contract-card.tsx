import type { Contract } from '../../../src/api/schemas.ts'
import { formatNumber } from '../format.ts'
import { nameOf, recent } from '../live/contract-of.ts'
import { useLanguage } from '../words/index.ts'
import { ContractProperties } from './contract-properties.tsx'
import { ContractViolations } from './contract-violations.tsx'
import { LanguageMark } from './language-mark.tsx'
import { Mark } from './status-mark.tsx'

/** One contract: who answers, what it must not and may be used for, what broke it, what it promises. */
export function ContractCard({ contract, chosen }: { contract: Contract; chosen: boolean }) {
  const { locale, words } = useLanguage()
  const text = words.contracts
  const broken = recent(contract)
  const status = Object.hasOwn(words.contractStatus, contract.status)
    ? words.contractStatus[contract.status as keyof typeof words.contractStatus]
    : contract.status
  return (
    <article className={`panel card card-${broken > 0 ? 1 : 0} contract`} id={`contract-${contract.id}`} aria-current={chosen || undefined}>
      <header>
        <h2>
          {broken > 0 && <Mark of={1} />} <span lang={contract.language}>{nameOf(contract)}</span>{' '}
          <LanguageMark language={contract.language} />
        </h2>
        <p className="soft">
          {status} · {contract.enforced ? text.enforced : text.notEnforced} · {words.quality.version(contract.version)} ·{' '}
          <code>{contract.id}</code>
        </p>
      </header>
      {contract.meaning && <p lang={contract.language}>{contract.meaning}</p>}
      <div className="contract-columns">
        <Uses title={text.forbidden} uses={contract.forbiddenUses} none={text.forbiddenNone} language={contract.language} isForbidden />
        <Uses title={text.permitted} uses={contract.permittedUses} none={text.permittedNone} language={contract.language} />
        <section>
          <h3>{text.otOwner}</h3>
          <p lang={contract.otOwner && contract.language}>{contract.otOwner ?? <span className="soft">{text.nobody}</span>}</p>
          <h3>{text.itOwner}</h3>
          <p lang={contract.itOwner && contract.language}>{contract.itOwner ?? <span className="soft">{text.nobody}</span>}</p>
        </section>
      </div>
      <h3>
        {text.violations}
        {broken > 0 && ` · ${text.brokenIn(formatNumber(broken, locale))}`}
      </h3>
      {contract.violations.length === 0 ? (
        <p className="soft">{contract.enforced ? text.kept : text.notJudged}</p>
      ) : (
        <ContractViolations violations={contract.violations} properties={contract.properties} name={nameOf(contract)} />
      )}
      <ContractProperties contract={contract} open={chosen} />
    </article>
  )
}

interface UsesProps {
  title: string
  uses: readonly string[]
  none: string
  language: string | undefined
  isForbidden?: boolean
}

function Uses({ title, uses, none, language, isForbidden = false }: UsesProps) {
  return (
    <section className={isForbidden ? 'uses uses-forbidden' : 'uses'}>
      <h3>{title}</h3>
      {uses.length === 0 && <p className="soft">{none}</p>}
      <ul>
        {uses.map((use) => (
          <li key={use} lang={language}>
            <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
              <path d={isForbidden ? 'M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2ZM4 4l8 8' : 'm3 8 3.5 4L13 4'} />
            </svg>
            {use}
          </li>
        ))}
      </ul>
    </section>
  )
}
