import { useEffect, useRef, useState } from 'react'
import type { Answer } from '../api.ts'

export interface Reading<T> {
  /** The newest answer; kept while the next one is read, so that a page never blinks. */
  readonly data: T | undefined
  readonly problem: string | undefined
  readonly loading: boolean
}

/** Reads when `read` changes, and again every `againMs`. An answer that comes after the next question is left aside. */
export function useAnswer<T>(read: () => Promise<Answer<T>>, againMs: number): Reading<T> {
  const [reading, setReading] = useState<Reading<T>>({ data: undefined, problem: undefined, loading: true })
  useEffect(() => {
    let gone = false
    const ask = () =>
      void read().then((answer) => {
        if (gone) return
        if (answer.ok) setReading({ data: answer.data, problem: undefined, loading: false })
        else {
          const problem = [answer.problem.message, answer.problem.hint].filter(Boolean).join(' ')
          setReading(({ data }) => ({ data, problem, loading: false }))
        }
      })
    setReading((before) => ({ ...before, loading: true }))
    ask()
    const timer = setInterval(ask, againMs)
    return () => {
      gone = true
      clearInterval(timer)
    }
  }, [read, againMs])
  return reading
}

/** Follows a value that may change at any rate, at most once per `ms`. */
export function useCalm<T>(value: T, ms: number): T {
  const [calm, setCalm] = useState(value)
  const latest = useRef(value)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  latest.current = value
  useEffect(() => {
    if (value === calm || timer.current !== undefined) return
    timer.current = setTimeout(() => {
      timer.current = undefined
      setCalm(latest.current)
    }, ms)
  }, [value, calm, ms])
  useEffect(
    () => () => {
      clearTimeout(timer.current)
      timer.current = undefined
    },
    [],
  )
  return calm
}
