import { resolve } from 'node:path'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'

/**
 * Runs test files one after another in this process, each a test that holds its own: what several files load is loaded once.
 * Hooks of a file hold for that file.
 */
const END_OF_FILE = 'end of file'
/** The limit of a test is none of all the tests of a file. */
const FILE_MS = 1_200_000
const files = process.argv.slice(2)
const ends = files.map((file) =>
  test(file, { timeout: FILE_MS }, async (t) => {
    // A turn of the event loop, in which what was found so far is printed, should this file end the process.
    await setImmediate()
    await import(pathToFileURL(resolve(file)).href)
    // The last in the queue: a file that awaits something between its tests would be taken for done when those before are.
    await t.test(END_OF_FILE, () => {})
  }),
)
await Promise.all(ends)
// Whatever still keeps the process from ending was left open by one of them. What the tests found is printed before it ends, as it would be without.
setTimeout(() => {
  console.log(`✖ left open by one of ${files.join(', ')}: ${process.getActiveResourcesInfo().join(', ')}`)
  process.emit('beforeExit', 0)
  setTimeout(() => process.exit(1), 1_000)
}, 30_000).unref()
