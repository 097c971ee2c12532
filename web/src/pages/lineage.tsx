import { type FormEvent, useState } from 'react'
import { pageOf } from '../live/lineage-of.ts'
import { useStream } from '../live/use-live.ts'
import { CopyButton } from '../parts/copy-button.tsx'
import { LineageTop } from '../parts/lineage-places.tsx'
import { LineageSide } from '../parts/lineage-side.tsx'
import { amend, go, hrefTo } from '../router.ts'
import { useLanguage } from '../words/index.ts'

/** The same in every language. */
const PLAN = 'ecluse plan ecluse.yaml'

/** What a thing is made of and who depends on it: one hop each way, or to the end. */
export function LineagePage({ of, depth }: { of: string; depth: string }) {
  const { words } = useLanguage()
  const { health } = useStream()
  const text = words.lineage
  const at = of.indexOf(':')
  const thing = { kind: of.slice(0, at) as keyof typeof text.kinds, id: of.slice(at + 1) }
  const own = pageOf(thing, health?.site.id ?? '')
  const isWhole = depth === 'all'
  return (
    <>
      <header className="page-head">
        <h1>{of === '' ? text.title : `${text.of} ${thing.id}`}</h1>
        <p className="soft">{of === '' ? text.intro : (text.kinds[thing.kind] ?? '')}</p>
      </header>
      <Choice key={of} of={of} />
      {of !== '' && (
        <>
          <div className="lineage-bar">
            <fieldset>
              <legend>{text.depth}</legend>
              {(['one', 'all'] as const).map((one) => (
                <label key={one}>
                  <input
                    type="radio"
                    name="depth"
                    checked={isWhole === (one === 'all')}
                    onChange={() => amend(hrefTo('lineage', { of, depth: one === 'all' ? 'all' : undefined }))}
                  />
                  {text.depths[one]}
                </label>
              ))}
            </fieldset>
            {own && <a href={own}>{text.open}</a>}
          </div>
          <div className="lineage-columns">
            <LineageSide of={of} direction="backward" isWhole={isWhole} />
            <LineageSide of={of} direction="forward" isWhole={isWhole} />
          </div>
        </>
      )}
      {of === '' && <LineageTop />}
      <section className="panel">
        <h2>{text.planTitle}</h2>
        <p>
          <a href={hrefTo('plan')}>{words.plan.link}</a>
        </p>
        <p>{text.planText}</p>
        <p className="lineage-bar">
          <code>{PLAN}</code> <CopyButton text={PLAN} label={text.planCopy} />
        </p>
      </section>
    </>
  )
}

function Choice({ of }: { of: string }) {
  const { words } = useLanguage()
  const [name, setName] = useState(of)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (name.trim() !== '') go(hrefTo('lineage', { of: name.trim() }))
  }
  return (
    <form className="lineage-bar" onSubmit={submit}>
      <label>
        {words.lineage.choose}{' '}
        <input
          type="text"
          value={name}
          maxLength={600}
          size={60}
          placeholder={words.lineage.chooseHint}
          onChange={(event) => setName(event.target.value)}
        />
      </label>
      <button type="submit">{words.lineage.show}</button>
    </form>
  )
}
