interface ChecksProps {
  readonly legend: string
  readonly choices: readonly { readonly name: string; readonly label: string }[]
  readonly chosen: readonly string[]
  onChange(chosen: readonly string[]): void
}

/** Some of several. */
export function Checks({ legend, choices, chosen, onChange }: ChecksProps) {
  const toggle = (name: string) => onChange(chosen.includes(name) ? chosen.filter((one) => one !== name) : [...chosen, name])
  return (
    <fieldset>
      <legend>{legend}</legend>
      {choices.map(({ name, label }) => (
        <label key={name} className="check">
          <input type="checkbox" checked={chosen.includes(name)} onChange={() => toggle(name)} /> {label}
        </label>
      ))}
    </fieldset>
  )
}
