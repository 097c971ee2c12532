import { type Document, parseDocument } from 'yaml'

/**
 * A contract as its author wrote it. Unchanged, it is written back byte for byte; after a change the rest keeps its comments, its order of keys
 * and its quotes (blanks before a comment and inside brackets become the library's). It does not validate: the loader does, and says where.
 */
export class ContractDocument {
  readonly #text: string
  readonly #document: Document
  #changed = false

  /** Throws SyntaxError when the text is not YAML. */
  constructor(text: string) {
    this.#text = text
    this.#document = parseDocument(text, { schema: 'core', prettyErrors: false, logLevel: 'error' })
    const [error] = this.#document.errors
    if (error) throw new SyntaxError(error.message)
  }

  get value(): unknown {
    return this.#document.toJS({ maxAliasCount: 100 })
  }

  /** Sets the value at a path of keys and indices; new keys go to the end of their map. */
  set(path: readonly (string | number)[], value: unknown): void {
    this.#document.setIn(path, value)
    this.#changed = true
  }

  toString(): string {
    return this.#changed ? this.#document.toString({ lineWidth: 0 }) : this.#text
  }
}
