// Looks at the pages of a server in a browser, as wide as on a desk and on a telephone: that everything fits and no text is
// cut.
//
//   node pages.mjs CHROMIUM FOLDER URL [PICTURES]
//
// FOLDER is where the browser keeps what it must, PICTURES where pictures of what was looked at go. The browser is spoken to
// by a pipe, so that nothing else is needed.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

const [chromium, folder, url, pictures] = process.argv.slice(2)
const WIDTHS = [1400, 390]
// Colours move nothing, so that they are for pictures only.
const SCHEMES = pictures ? ['light', 'dark'] : ['light']

// --- The browser ----------------------------------------------------------------------------------------------------

const browser = spawn(chromium, [
  '--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run', '--hide-scrollbars',
  // Whatever is not this machine is asked of a proxy that is not there.
  '--proxy-server=127.0.0.1:1', '--proxy-bypass-list=127.0.0.1', '--disable-background-networking',
  `--user-data-dir=${join(folder, 'browser')}`, '--remote-debugging-pipe', 'about:blank',
], { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] })

const waiting = new Map()
const complaints = []
let last = 0
let unread = ''
browser.stdio[4].setEncoding('utf8').on('data', (text) => {
  const messages = (unread + text).split('\0')
  unread = messages.pop()
  for (const { id, method, params, result, error } of messages.map((message) => JSON.parse(message))) {
    if (method === 'Runtime.exceptionThrown') complaints.push(params.exceptionDetails.text)
    if (method === 'Log.entryAdded' && params.entry.level === 'error') complaints.push(params.entry.text)
    if (id === undefined) continue
    const { resolve, reject } = waiting.get(id)
    waiting.delete(id)
    if (error) reject(new Error(error.message))
    else resolve(result)
  }
})

function call(method, params = {}, sessionId) {
  return new Promise((resolve, reject) => {
    waiting.set(++last, { resolve, reject })
    browser.stdio[3].write(`${JSON.stringify({ id: last, method, params, sessionId })}\0`)
  })
}

const { targetId } = await call('Target.createTarget', { url: 'about:blank' })
const { sessionId } = await call('Target.attachToTarget', { targetId, flatten: true })
const page = (method, params) => call(method, params, sessionId)
for (const domain of ['Page', 'Runtime', 'Log']) await page(`${domain}.enable`)

async function evaluate(expression) {
  const { result, exceptionDetails } = await page('Runtime.evaluate', { expression, returnByValue: true, awaitPromise: true })
  assert.equal(exceptionDetails, undefined, exceptionDetails?.exception?.description)
  return result.value
}

async function until(expression) {
  for (let tries = 0; tries < 300; tries++) {
    if (await evaluate(expression)) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  assert.fail(`${expression} does not come true:\n${await evaluate('document.documentElement.outerHTML')}`)
}

// --- What is looked for ---------------------------------------------------------------------------------------------

// The texts that nobody can read whole: those that end outside of the page, or of an element that hides what is too wide.
const CUT = `(() => {
  const cut = []
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (texts.nextNode()) {
    const text = texts.currentNode
    if (text.data.trim() === '' || !text.parentElement.checkVisibility({ visibilityProperty: true })) continue
    const range = document.createRange()
    range.selectNodeContents(text)
    const boxes = [...range.getClientRects()].filter((box) => box.width > 1)
    const right = Math.max(...boxes.map((box) => box.right))
    const left = Math.min(...boxes.map((box) => box.left))
    if (boxes.length === 0) continue
    let [from, to] = [0, innerWidth]
    for (let element = text.parentElement; element; element = element.parentElement) {
      const overflow = getComputedStyle(element).overflowX
      // What can be moved there is not cut.
      if (['auto', 'scroll'].includes(overflow)) { [from, to] = [-Infinity, Infinity]; break }
      const box = element.getBoundingClientRect()
      if (overflow !== 'visible') [from, to] = [Math.max(from, box.left), Math.min(to, box.right)]
    }
    if (left < from - 1 || right > to + 1) cut.push(text.data.trim().slice(0, 80) + ' at ' + Math.round(left) + '-' + Math.round(right) + ' of ' + Math.round(from) + '-' + Math.round(to))
  }
  return cut
})()`

// Looks at a page as it is when it is ready, and then after each step: its name, what is done, and what is true afterwards.
async function look(name, { path, ready, steps = [] }) {
  for (const width of WIDTHS) {
    for (const scheme of SCHEMES) {
      await page('Emulation.setDeviceMetricsOverride', { width, height: 900, deviceScaleFactor: 1, mobile: width < 500 })
      await page('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: scheme }] })
      await page('Page.navigate', { url: 'about:blank' })
      await page('Page.navigate', { url: url + path })
      await until(ready)
      await fits(name, width, scheme)
      for (const { name: step, actions, check } of steps) {
        for (const [action, done] of actions) {
          await evaluate(action)
          await until(done)
        }
        await fits(step, width, scheme)
        await check?.()
      }
    }
  }
}

async function fits(name, width, scheme) {
  const place = `${name} at ${width} pixels, ${scheme}`
  if (pictures) {
    const { data } = await page('Page.captureScreenshot', { captureBeyondViewport: true })
    writeFileSync(join(pictures, `${name}-${width}-${scheme}.png`), Buffer.from(data, 'base64'))
  }
  const [wide, inner] = await evaluate('[document.documentElement.scrollWidth, innerWidth]')
  assert.ok(wide <= inner && inner <= width, `${place}: it is ${wide} wide of ${inner}`)
  assert.deepEqual(await evaluate(CUT), [], place)
}

// --- The pages ------------------------------------------------------------------------------------------------------

const count = (selector) => `document.querySelectorAll(${JSON.stringify(selector)}).length`
const click = (selector) => `document.querySelector(${JSON.stringify(selector)}).click()`

// Opens or closes an operation of orders.
const opens = (method) => click(`.opblock-${method} .opblock-summary-control`)

try {
  await look('home', { path: '/', ready: `document.readyState === 'complete' && ${count('tbody tr')} > 0` })
  // The whole diagram fits, and a search brings a table as near as one can read it.
  const search = `{ const input = document.querySelector('input'); input.value = 'orders'; input.dispatchEvent(new Event('input')) }`
  // The picture is there before the script that searches it has run.
  const diagram = { path: '/diagram', ready: `document.readyState === 'complete' && ${count('.erd-table')} > 0` }
  await look('diagram', diagram)
  await evaluate(search)
  assert.match(await evaluate("document.querySelector('output').textContent"), /^1 \/ [1-9]/)
  assert.ok(await evaluate("document.querySelector('.erd-table.is-current text').getBoundingClientRect().height > 10"))

  // The page takes seconds to draw, so that all is looked at in one.
  const problem = '[...document.querySelectorAll(".response")].find((one) => one.dataset.code === "416").checkVisibility()'
  const operation = {
    name: 'operation',
    actions: [[opens('get'), `${count('.responses-table')} > 0`]],
    async check() {
      // What only machines ask is not listed, and what can go wrong is there for whoever opens it.
      assert.ok(await evaluate(`${count('.opblock-get')} > 0 && ${count('.opblock-post')} > 0`))
      assert.equal(await evaluate(count('.opblock-head, .opblock-options')), 0)
      assert.equal(await evaluate("document.querySelector('details.problems > summary').textContent"),
        'Problems: 400, 403, 406, 416, 429, 500, 503, 504, default')
      assert.equal(await evaluate(problem), false)
    },
  }
  const problems = { name: 'problems', actions: [[click('details.problems > summary'), problem]] }
  const creation = {
    name: 'creation',
    actions: [
      [opens('get'), `${count('.responses-table')} === 0`],
      [opens('post'), `${count('.responses-table')} > 0`],
      [click('.opblock-post .try-out__btn'), `${count('.opblock-post textarea')} > 0`],
    ],
  }
  await look('docs', { path: '/docs#/orders', ready: `${count('.opblock')} > 0`, steps: [operation, problems, creation] })
  assert.deepEqual(complaints, [])
} finally {
  browser.kill()
}
