import { withElement } from '../../../lib/grown.ts'
import type { Detector } from '../detector.ts'
import type { Raised } from '../findings.ts'
import { FLOW_LIMITS } from '../limits.ts'
import { hashOf, Wave } from './wave.ts'

/**
 * The same waveform again: a rolling hash over the last values is looked for among those of the last hour, and when it is found there, every following value has to
 * be the one that followed then. Noise of a real instrument never does that. A signal that did while the baseline was learned is let be.
 */
export function replayedValues(): Detector & { repeating(): string[] } {
  const waves = new Map<number, Wave>()
  /** By signal: values with a larger hash are not looked at. All that most samples cost. */
  let most: Uint32Array = new Uint32Array(0)
  const repeating = new Set<string>()
  const waveOf = (signal: number) => {
    const known = waves.get(signal)
    if (known || waves.size >= FLOW_LIMITS.watchedSignals) return known
    const wave = new Wave()
    waves.set(signal, wave)
    return wave
  }
  return {
    repeating: () => [...repeating],
    deliver({ batch, nameOf, connection }, { baseline }) {
      const { count, signal, value, receivedTime } = batch
      let raised: Raised[] | undefined
      for (let row = 0; row < count; row++) {
        const v = value[row] as number
        const s = signal[row] as number
        const hash = hashOf(v)
        if (hash > (most[s] as number) || Number.isNaN(v)) continue
        const wave = waveOf(s)
        const secondsAgo = wave?.take(v, hash, receivedTime)
        if (most[s] !== (wave?.most ?? 0)) most = withElement(most, s, wave?.most ?? 0)
        if (!wave || secondsAgo === undefined) continue
        const name = nameOf(s) ?? `${connection} ${s}`
        repeating.add(name)
        if (baseline?.isRepeating(name)) continue
        const evidence = { samples: wave.samples, secondsAgo, connection }
        raised ??= []
        raised.push({ code: 'replayed-values', severity: 'high', subject: name, evidence })
      }
      return raised ?? []
    },
  }
}
