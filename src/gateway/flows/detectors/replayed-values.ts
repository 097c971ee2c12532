import { withElement } from '../../../lib/grown.ts'
import type { Detector } from '../detector.ts'
import type { Raised } from '../findings.ts'
import { FLOW_LIMITS } from '../limits.ts'
import { ALL, hashOf, Wave } from './wave.ts'

/**
 * The same waveform again: a rolling hash over the last values is looked for among those of the last hour, and when it is found there, every following value has to
 * be the one that followed then. Noise of a real instrument never does that. A signal that did while the baseline was learned is let be.
 * `onFull` is called when a signal is not looked at for want of room, once.
 */
export function replayedValues(onFull: () => void): Detector {
  const waves = new Map<number, Wave>()
  /** By signal: so many of the largest hashes are passed over. All that most samples cost. */
  let passed: Uint32Array = new Uint32Array(0)
  let isFull = false
  const waveOf = (signal: number) => {
    const known = waves.get(signal)
    if (known) return known
    if (waves.size >= FLOW_LIMITS.watchedSignals) {
      if (!isFull) onFull()
      isFull = true
      return undefined
    }
    const wave = new Wave()
    waves.set(signal, wave)
    return wave
  }
  return {
    deliver({ batch, nameOf, connection }, { baseline }) {
      const { count, signal, value, receivedTime } = batch
      let raised: Raised[] | undefined
      for (let row = 0; row < count; row++) {
        const v = value[row] as number
        const s = signal[row] as number
        const hash = hashOf(v)
        if (hash > ALL - (passed[s] as number) || Number.isNaN(v)) continue
        const wave = waveOf(s)
        const secondsAgo = wave?.take(v, hash, receivedTime)
        const over = wave ? ALL - wave.most : ALL
        if (passed[s] !== over) passed = withElement(passed, s, over)
        if (!wave || secondsAgo === undefined) continue
        const name = nameOf(s) ?? `${connection} ${s}`
        if (baseline?.isRepeating(name)) continue
        const evidence = { samples: wave.samples, secondsAgo, connection }
        raised ??= []
        raised.push({ code: 'replayed-values', severity: 'high', subject: name, evidence })
      }
      return raised ?? []
    },
  }
}
