import { localInput, utcOf } from '../live/local-time.ts'
import { useLanguage } from '../words/index.ts'

/** Chooses the moment whose knowledge is shown; empty: what is known now. `value` is RFC 3339 UTC. */
export function KnownAt({ value, onChange }: { value: string; onChange(value: string): void }) {
  const { words } = useLanguage()
  return (
    <span className={value === '' ? 'known-at' : 'known-at known-then'}>
      <label title={words.records.knownHelp}>
        <span>{words.records.knownAt}</span>
        <input
          type="datetime-local"
          step={1}
          value={value === '' ? '' : localInput(value)}
          onChange={(event) => onChange(utcOf(event.target.value) ?? '')}
        />
      </label>
      {value !== '' && (
        <button type="button" className="quiet" onClick={() => onChange('')}>
          {words.records.knownNow}
        </button>
      )}
    </span>
  )
}
