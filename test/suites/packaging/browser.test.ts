// SPDX-License-Identifier: Apache-2.0
import { createContext, runInContext } from 'node:vm'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { describe, expect, test } from 'vitest'

/** What the processor may add to a page, gzipped, the API apart: 8.5 KiB. Of these, 0.5 KiB are the accounts of stored spans. */
const MAX_GZIPPED_BYTES = 8704

/** As a bundler takes the package into a page. Fails on an import that only Node.js knows. */
async function bundle(external: string[]): Promise<string> {
  const { outputFiles } = await build({
    stdin: {
      contents: "export { BatchSpanProcessor } from '@spanring/batch-span-processor'",
      resolveDir: import.meta.dirname,
    },
    bundle: true,
    minify: true,
    platform: 'browser',
    format: external.length > 0 ? 'esm' : 'iife',
    globalName: 'spanring',
    external,
    write: false,
    logLevel: 'silent',
  })
  return outputFiles.map(({ text }) => text).join('')
}

interface Page {
  setVisibility(state: string): void
  /** Evaluates with the bundle loaded. */
  evaluate(script: string): unknown
}

/** A realm with what every browser has and nothing else: no `process`, no `setImmediate`, timers are numbers. */
async function openPage(): Promise<Page> {
  const timers = new Map<number, NodeJS.Timeout>()
  let lastTimer = 0
  let onVisibilityChange: (() => void) | undefined
  const document = {
    visibilityState: 'visible',
    addEventListener: (type: string, listener: () => void) => {
      if (type === 'visibilitychange') onVisibilityChange = listener
    },
    removeEventListener: () => {
      onVisibilityChange = undefined
    },
  }
  const realm = createContext({
    document,
    performance: { now: () => performance.now() },
    AbortController,
    queueMicrotask,
    setTimeout: (callback: () => void, delay: number) => {
      timers.set(++lastTimer, setTimeout(callback, delay))
      return lastTimer
    },
    clearTimeout: (id: number) => clearTimeout(timers.get(id)),
  })
  runInContext(await bundle([]), realm)
  return {
    setVisibility(state) {
      document.visibilityState = state
      onVisibilityChange?.()
    },
    evaluate: (script) => runInContext(script, realm),
  }
}

const SET_UP = `
  const exported = []
  const exporter = {
    export(spans, done) { exported.push(spans.length); setTimeout(() => done({ code: 0 }), 5) },
    async shutdown() {},
  }
  const processor = new spanring.BatchSpanProcessor({ exporter, maxExportBatchSize: 2, scheduledDelayMillis: 60000 })
  const end = () => processor.onEnd({ spanContext: () => ({ traceFlags: 1 }), resource: {} })
`

describe('the processor in a browser', () => {
  test('bundles without a module of Node.js, and is small', async () => {
    const code = await bundle(['@opentelemetry/api'])

    expect(code).not.toMatch(/node:|require\(/)
    expect(gzipSync(code, { level: 9 }).length).toBeLessThanOrEqual(MAX_GZIPPED_BYTES)
  })

  test('flushes and shuts down where there are only timers and promises', async () => {
    const page = await openPage()
    expect(page.evaluate('typeof process + typeof setImmediate + typeof setTimeout(() => {}, 0)')).toBe(
      'undefinedundefinednumber',
    )

    await page.evaluate(`${SET_UP}; for (let i = 0; i < 5; i++) end(); processor.forceFlush()`)
    expect(page.evaluate('JSON.stringify(exported)')).toBe('[2,2,1]')

    await page.evaluate('end(); processor.shutdown()')
    expect(page.evaluate('JSON.stringify(exported)')).toBe('[2,2,1,1]')
    expect(page.evaluate('processor.stats().exported')).toBe(6)
  })

  test('flushes when the page is hidden', async () => {
    const page = await openPage()
    page.evaluate(`${SET_UP}; end()`)
    page.setVisibility('hidden')

    await expect.poll(() => page.evaluate('processor.stats().exported')).toBe(1)
  })

  test('hands over everything before a page that is hidden is frozen, and goes on if it comes back', async () => {
    const page = await openPage()
    page.evaluate(`${SET_UP}
      const answers = []
      exporter.export = (spans, done) => { exported.push(spans.length); answers.push(done) }
      const answer = () => { for (const done of answers.splice(0)) done({ code: 0 }) }
      end(); end()`)
    await expect.poll(() => page.evaluate('answers.length')).toBe(1)
    page.evaluate('for (let i = 0; i < 5; i++) end()')
    page.setVisibility('hidden')
    expect(page.evaluate('JSON.stringify(exported)')).toBe('[2,2,2,1]')

    page.setVisibility('visible')
    page.evaluate('end(); answer(); processor.forceFlush()')
    await expect.poll(() => page.evaluate('JSON.stringify(exported)')).toBe('[2,2,2,1,1]')
    page.evaluate('answer()')
    await expect.poll(() => page.evaluate('processor.stats().exported')).toBe(8)
  })
})
