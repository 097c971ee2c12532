import { readSigned, type Verifier } from '../../lib/signed.ts'
import { type Checked, checkImport, ImportRefused } from './import.ts'
import { portableSignature } from './portable.ts'

export interface CarriedReport extends Pick<Checked, 'records' | 'first' | 'last' | 'withheld' | 'missing'> {
  readonly node: string
  readonly epoch: number
  readonly signedTime: number
}

/** The first thing that is wrong with a file of records. */
export interface CarriedFault {
  readonly kind: 'altered' | 'forged' | 'unsigned'
  readonly what: string
}

/**
 * Holds a file of records that was carried by hand (`.ecx`) against the key of the node whose log it is from: every byte, the chain of every run, and the
 * signature over all of it. Nothing else is needed, and nothing is taken in.
 */
export async function verifyCarried(path: string, verifier: Verifier): Promise<CarriedReport | CarriedFault> {
  let checked: Checked
  try {
    checked = await checkImport(path)
  } catch (error) {
    if (error instanceof ImportRefused) return { kind: 'altered', what: error.message }
    throw error
  }
  const { header, records, first, last, withheld, missing, sha256, signature } = checked
  if (!signature) return { kind: 'unsigned', what: 'whole, and signed by nobody: anybody could have made it' }
  const read = readSigned(signature, verifier)
  if (read === 'signature') return { kind: 'forged', what: 'this key did not sign it, or its signature was altered' }
  const said = typeof read === 'string' ? undefined : portableSignature.safeParse(read.content).data
  if (!said) return { kind: 'forged', what: 'its signature is not a signed statement to the letter' }
  if (said.sha256 !== sha256 || said.node !== header.node || said.epoch !== header.epoch)
    return { kind: 'forged', what: 'its signature is that of another file' }
  return { node: header.node, epoch: header.epoch, records, first, last, withheld, missing, signedTime: said.time }
}
