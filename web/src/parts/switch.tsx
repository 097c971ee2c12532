interface SwitchProps<Name extends string> {
  /** What is chosen, for those who do not see the buttons side by side. */
  readonly legend: string
  readonly names: readonly Name[]
  readonly labels: Readonly<Record<Name, string>>
  readonly chosen: Name | undefined
  onChoose(name: Name): void
}

/** A choice of one out of few, all of them in view. */
export function Switch<Name extends string>({ legend, names, labels, chosen, onChoose }: SwitchProps<Name>) {
  return (
    <fieldset className="switch">
      <legend className="unseen">{legend}</legend>
      {names.map((name) => (
        <button key={name} type="button" aria-pressed={chosen === name} onClick={() => onChoose(name)}>
          {labels[name]}
        </button>
      ))}
    </fieldset>
  )
}
