import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { REFUSAL_CODES } from '../../src/core/link.ts'
import { formatSpan } from '../src/format.ts'
import { en } from '../src/words/en.ts'
import { fr } from '../src/words/fr.ts'
import { isAccessible } from './axe.ts'
import { type Browser, noBrowser, openBrowser } from './browser.ts'
import type { FixtureNodes } from './fixture-nodes.ts'
import { type FixtureServer, startFixture } from './fixture-server.ts'

/** From the link to the first row, with 1,000 nodes and a browser on the same machine. */
const FIRST_ROW_MS = 5_000
const ELEMENTS = 2_500

test('every refusal says what happened and what to do, in both languages, and names the node', () => {
  for (const { nodes } of [en, fr]) {
    assert.deepEqual(Object.keys(nodes.refusals).sort(), [...REFUSAL_CODES].sort())
    for (const code of REFUSAL_CODES) {
      const { what, todo } = nodes.refusals[code]
      assert.match(what('cell-3'), /cell-3/, code)
      assert.ok(todo('cell-3').length > 30, code)
    }
  }
})

test('a span is told in its two largest units', () => {
  const said = [0, 59, 60, 3_599, 3_600, 33_600, 86_399, 86_400, 532_800, 8_640_000].map((seconds) => formatSpan(seconds, 'en'))
  assert.deepEqual(said, ['0 s', '59 s', '1 min', '59 min', '1 h', '9 h 20 min', '23 h 59 min', '1 d', '6 d 4 h', '100 d'])
  assert.equal(formatSpan(532_800, 'fr'), '6 j 4 h')
})

describe('the node page in a browser', { skip: noBrowser }, () => {
  let browser: Browser
  const fixtures = new Map<string, FixtureServer>()
  before(async () => {
    const kinds: Record<string, FixtureNodes> = {
      ...{ alone: { kind: 'alone' }, edge: { kind: 'edge' }, hub: { kind: 'hub', edges: 1_000 } },
      refused: { kind: 'refused', code: 'forked' },
    }
    for (const [name, nodes] of Object.entries(kinds)) fixtures.set(name, await startFixture({ signals: 40, samplesPerSecond: 10, nodes }))
    browser = await openBrowser()
  })
  after(async () => {
    await browser?.close()
    for (const fixture of fixtures.values()) await fixture.close()
  })
  const open = async (name: string, hash = '#/node') => {
    await browser.page.goto('about:blank')
    await browser.page.goto((fixtures.get(name) as FixtureServer).url + hash)
    await browser.page.locator('#node-link').waitFor()
  }
  const saying = (text: string | RegExp) => browser.page.getByText(text).first().waitFor()

  test('a node that stands alone says so, and is all grey', async () => {
    const { page, errors } = browser
    await open('alone')
    await saying('This node stands alone: nothing is sent on.')
    await saying('If the historian stopped, the spool would hold 16 h 34 min at the present rate.')
    await saying('No other node sends here.')
    assert.equal(await page.locator('main .mark').count(), 0)
    assert.deepEqual(errors, [])
  })

  test('an edge says how long it works alone and what happens then', async () => {
    await open('edge')
    await saying('If the link broke now, this node would work alone for 16 h 34 min at the present rate.')
    await saying('Then the spool is full (spool.maxBytes): sources that can wait are made to wait; what cannot wait is counted as lost.')
    await saying('relay.dmz.example:8490')
    await saying('63 days left')
    assert.equal(await browser.page.locator('main .mark').count(), 0)
  })

  test('a refusal stands in words while the link tries again, with what to do', async () => {
    await open('refused')
    await saying('Refused')
    await saying('The link is down. This node works alone for 14 h 29 min more at the present rate.')
    await saying('The log of cell-3 and what the other end has of it went apart')
    await saying('Make sure that only one program runs on this data.')
    await saying(/2 h 5 min of data waiting, room for 14 h 29 min more/)
  })

  test('1,000 nodes: the worst come first, a page at a time; keys find one and its gaps', async (context) => {
    const { page, errors } = browser
    await page.goto('about:blank')
    await page.goto(`${fixtures.get('hub')?.url}#/`)
    const started = performance.now()
    await page.getByRole('link', { name: 'Node', exact: true }).click()
    await page.locator('.nodes tbody tr').first().waitFor()
    const firstRowMs = performance.now() - started
    context.diagnostic(`first row after ${Math.round(firstRowMs)} ms`)
    assert.ok(firstRowMs < FIRST_ROW_MS, `${firstRowMs} ms`)
    assert.equal(await page.locator('.nodes tbody tr').count(), 50)
    assert.ok((await page.locator('*').count()) < ELEMENTS)
    assert.match((await page.locator('.nodes tbody tr').first().textContent()) ?? '', /Silent: values withdrawn/)
    await saying('1 to 50 of 1,002 nodes')
    await page.getByRole('button', { name: 'Next' }).press('Enter')
    await saying('51 to 100 of 1,002 nodes')
    await page.getByRole('button', { name: 'Abnormal' }).press('Enter')
    await saying(/1 to 50 of \d\d nodes/)
    await page.getByRole('button', { name: 'All' }).press('Enter')
    await page.getByRole('searchbox').fill('CELL-4')
    await page.getByRole('link', { name: 'cell-4', exact: true }).first().press('Enter')
    await saying('Only of cell-4')
    await saying('The spool was full and gave up its oldest data')
    assert.equal(await page.locator('.gaps tbody tr').count(), 1)
    await page.getByRole('searchbox').fill('nobody')
    await saying('No node matches.')
    assert.deepEqual(errors, [])
  })

  test('a gap says its cause in words; a cause nobody knows is shown as it is', async () => {
    await open('hub')
    await browser.page.locator('.gaps tbody tr').first().waitFor()
    const causes = await browser.page.locator('.gap-cause').allTextContents()
    assert.deepEqual(causes.slice(-2), ['Not readable by this version', 'a cause of tomorrow'])
    await saying('The way ends here: nothing is sent on.')
    await saying('cell-4 was turned away 12 times')
    await saying('Two programs use the identity of cell-4 at once')
  })

  test('a signal that another node measures says so in the tree, in a search and on its page', async () => {
    const { page } = browser
    await page.goto('about:blank')
    await page.goto(`${fixtures.get('hub')?.url}#/namespace?q=cell-4`)
    await page.locator('.tree-link').first().waitFor()
    assert.match((await page.locator('.tree-label').first().textContent()) ?? '', / · cell-4$/)
    await page.locator('.tree-link').first().click()
    await saying('Measured by')
    await page.getByRole('link', { name: 'cell-4', exact: true }).click()
    await saying('Only of cell-4')
  })

  test('axe finds nothing in both languages and themes; at 800 px nothing is cut off sideways', async () => {
    const { page } = browser
    await page.setViewportSize({ width: 800, height: 700 })
    for (const name of ['alone', 'refused', 'hub']) {
      await open(name)
      await page.locator('.gaps').waitFor()
      await isAccessible(page, name)
    }
    await page.setViewportSize({ width: 1360, height: 840 })
  })
})
