import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { violations, widerBy } from './axe.ts'
import { type Browser, noBrowser, openBrowser } from './browser.ts'
import { type FixtureServer, startFixture } from './fixture-server.ts'

describe('zones, conduits and policy in a browser: 20 zones, 200 conduits', { skip: noBrowser }, () => {
  let browser: Browser
  let fixture: FixtureServer
  before(async () => {
    fixture = await startFixture({ signals: 20, samplesPerSecond: 10, permissions: ['read', 'operate', 'audit'], conduits: 200 })
    browser = await openBrowser()
  })
  after(async () => {
    await browser?.close()
    await fixture?.close()
  })
  const saying = (text: string | RegExp) => browser.page.getByText(text).first().waitFor()
  const open = async (place: string) => {
    await browser.page.goto('about:blank')
    await browser.page.goto(`${fixture.url}${place}`)
  }
  const rows = () => browser.page.getByRole('region', { name: 'Conduits, worst first' }).getByRole('row')

  test('declared against observed: worst first, the drawing and the list say the same', async () => {
    const { page, errors } = browser
    await open('#/zones')
    await saying('A node sees its own traffic and what is mirrored to it.')
    await saying(/20 zones, 200 conduits/)
    await rows().nth(1).waitFor()
    const states = (await rows().allTextContents()).slice(1, 7)
    assert.match(states[0] ?? '', /not declared/)
    assert.match(states.join('\n'), /a policy test fails.*\n.*review overdue.*\n.*cut/)
    assert.match(await rows().filter({ hasText: 'No zone → zone-8' }).innerText(), /not declared/)
    // One line for each pair of zones, however many conduits it has.
    const lines = await page.locator('.zone-map a.zone-line').count()
    const pairs = new Set(await page.locator('.zone-list td a').allTextContents()).size
    assert.ok(lines >= 40 && lines < 110, `${lines} lines, ${pairs} pairs`)
    assert.equal(await page.locator('.zone-map a.zone-undeclared').count(), 2)
    assert.equal(await page.locator('.zone-map .zone-badge[data-state="undeclared"]').count(), 2)
    assert.equal(await rows().count(), 101)
    await page.getByRole('button', { name: /more$/ }).press('Enter')
    assert.equal(await rows().count(), 203)
    assert.deepEqual(errors, [])
  })

  test('by keyboard: find, choose a pair, sort, open a conduit and come back; every view is a link', async () => {
    const { page } = browser
    await open('#/zones')
    await page.getByRole('searchbox').fill('conduit-001')
    await saying('1 of 202')
    await page.getByRole('link', { name: 'zone-1 → zone-2', exact: true }).press('Enter')
    await saying('Only zone-1 → zone-2')
    assert.match(page.url(), /zone=zone-1&to=zone-2/)
    // The chosen pair is drawn conduit by conduit.
    const members = (await rows().count()) - 1
    assert.ok(members > 1)
    assert.equal(await page.locator('.zone-map a[href*="zone=zone-1&to=zone-2"] > path[transform]').count(), Math.min(8, members))
    await page.getByRole('button', { name: 'Show all' }).press('Enter')
    await page.getByLabel('State').selectOption('abnormal')
    assert.match(page.url(), /state=abnormal/)
    assert.ok((await rows().count()) < 20)
    await page.getByRole('button', { name: 'Conduit', exact: true }).press('Enter')
    assert.equal(await page.getByRole('columnheader', { name: /^Conduit [▴▾]/ }).getAttribute('aria-sort'), 'ascending')
    await page.getByRole('button', { name: /^Conduit ▴/ }).press('Enter')
    assert.equal(await page.getByRole('columnheader', { name: /^Conduit [▴▾]/ }).getAttribute('aria-sort'), 'descending')
    await page.getByRole('link', { name: 'conduit-001', exact: true }).press('Enter')
    await page.getByRole('heading', { name: 'conduit-001' }).waitFor()
    assert.match(page.url(), /#\/zones\/conduit-001$/)
    await page.getByRole('link', { name: 'All zones and conduits' }).press('Enter')
    await page.getByRole('heading', { name: 'Zones & conduits' }).waitFor()
  })

  test('a conduit says why it is there, what passed, what is wrong, and which tests name it', async () => {
    const { page } = browser
    await open('#/zones/conduit-005')
    await saying('energy is billed, 5')
    await saying('may name what they were computed from')
    assert.doesNotMatch(await page.locator('main').innerText(), /\[object/)
    for (const said of [
      'duty manager',
      'meters are read by hand',
      '10.20.0.0/16',
      'more than its volume',
      /days left/,
      'No policy test names it.',
    ])
      await saying(said)
    // More findings than are shown are counted, here and in its state.
    await saying('299 more are not shown: these are the worst.')
    await saying('may name what they were computed from')
    await open('#/zones')
    await rows().filter({ hasText: 'conduit-005' }).getByText('finding open').first().waitFor()
    await open('#/zones/conduit-004')
    for (const said of ['a policy test fails', 'conduit-004 never carries bags/**', /bags\/\*\* passes/]) await saying(said)
    await open('#/zones/conduit-007')
    await saying(/3 the conduit does not name the address/)
    // What goes by the connection of another one is told under its own name.
    await open('#/zones/conduit-000')
    for (const said of ['c1', '17']) await page.getByText(said, { exact: true }).first().waitFor()
    await open('#/zones/gone')
    await saying('No such conduit')
  })

  test('the policy: tests, matrices, a question that is a link, a simulation with counts first', async () => {
    const { page, errors } = browser
    await open('#/policy')
    await saying('3 hold, 1 do not')
    await saying('no path from level 5 to levels 0 to 2')
    await page.getByRole('row', { name: /^administrator read, audit/ }).waitFor()
    await page.getByLabel('Subject').fill('c0')
    await page.getByLabel('Object').fill('pump/state')
    await page.getByLabel('Object').press('Enter')
    await saying('Decided by ecluse.yaml:12, conduits.conduit-000.signals')
    assert.match(page.url(), /subject=c0&action=send&object=pump%2Fstate/)
    await page.reload()
    await saying('Decided by ecluse.yaml:12, conduits.conduit-000.signals')
    await page.getByLabel('Subject').fill('nobody')
    await page.getByLabel('Subject').press('Enter')
    await saying('unknown-subject')
    await page.getByRole('button', { name: 'Simulate' }).press('Enter')
    await saying('Paste a file first.')
    await page.getByLabel('Candidate file').fill('version: 1')
    await page.getByRole('button', { name: 'Simulate' }).press('Enter')
    await saying(/1,200 lost · 0 gained/)
    await page.getByText(/1,200 lost/).press('Enter')
    await saying('2: t/energy/a, t/energy/b')
    await saying('2 of 1,200 are listed.')
    assert.deepEqual(errors, [])
  })

  test('axe finds nothing in both languages and themes; at 800 px nothing is cut off sideways', async () => {
    const { page } = browser
    await page.setViewportSize({ width: 800, height: 700 })
    for (const [language, theme] of [
      ['FR, Français', /^(Sombre|Dark)$/],
      ['EN, English', /^(Clair|Light)$/],
    ] as const) {
      // Read by axe, two hundred rows take long and say no more than some.
      for (const place of [
        '#/zones?state=abnormal',
        '#/zones?zone=zone-1&to=zone-2',
        '#/zones/conduit-005',
        '#/policy?subject=visitor&action=read&object=zone-1',
      ]) {
        await open(place)
        await page.getByRole('button', { name: language }).click()
        await page.getByRole('button', { name: theme }).click()
        await page.locator('table').first().waitFor()
        const wider = await widerBy(page)
        assert.ok(wider <= 0, `${place}: ${wider} px too wide`)
        assert.deepEqual(await violations(page), [])
      }
    }
  })
})
