// SPDX-License-Identifier: Apache-2.0
import { startSink } from '@spanring/sink'
import { Program } from '@spanring/test-kit/program'
import type { Ended } from '@spanring/test-kit/program'
import { describe, expect, test } from 'vitest'

/** How long an idle process may stay after its last line, in milliseconds, with slack for two busy cores. */
const IDLE_MILLIS = 200 + 250

async function run(fixture: string, ...args: string[]): Promise<Ended> {
  return await new Program(new URL(`fixtures/${fixture}`, import.meta.url), args).ended
}

function idleMillis({ stdout }: Ended): number {
  return Number(/idle for (\d+) ms/.exec(stdout)?.[1] ?? NaN)
}

describe('a process that nobody keeps', () => {
  test.each(['end-with-spans-queued.mjs', 'end-with-spans-queued.cjs'])(
    'ends at once with spans queued (%s)',
    async (fixture) => {
      const ended = await run(fixture)

      expect(ended).toMatchObject({ code: 0, stderr: '' })
      expect(ended.stdout).toContain('queued 5')
      expect(idleMillis(ended)).toBeLessThan(IDLE_MILLIS)
    },
  )

  test('ends at once although the exporter never answers', async () => {
    const ended = await run('end-with-export-unanswered.mjs')

    expect(ended).toMatchObject({ code: 0, stderr: '' })
    expect(ended.stdout).toContain('in flight 1, queued 4')
    expect(idleMillis(ended)).toBeLessThan(IDLE_MILLIS)
  })

  test('ends at once after a shutdown that had to give up, and no timer is left', async () => {
    const ended = await run('end-after-shutdown.mjs')

    expect(ended).toMatchObject({ code: 0, stderr: '' })
    expect(ended.stdout).toContain('rejected: ')
    expect(ended.stdout).toContain('handles 0')
    expect(idleMillis(ended)).toBeLessThan(IDLE_MILLIS)
  })

  test('stays for an awaited flush until the bound of the flush, whatever the exporter does', async () => {
    const ended = await run('await-silent-exporter.mjs')

    // Node ends a program whose top-level await can never settle with code 13.
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    expect(ended.stdout).toContain('rejected: forceFlush')
  })

  test('stays for an awaited flush of the exporter until every span has its outcome', async () => {
    const ended = await run('flush-exporter.mjs')

    expect(ended.code).toBe(0)
    expect(ended.stdout).toMatch(/"failed":{"connection":1},.*"inFlight":0/)
  })

  test('stays for a flush in its last moment until the spans are delivered', async () => {
    const sink = await startSink()
    await sink.script({ delayMillis: 200 })
    try {
      const ended = await run('flush-before-exit.mjs', sink.url)

      expect(ended).toMatchObject({ code: 0, stdout: 'exported 5\n', stderr: '' })
      expect(await sink.stats()).toMatchObject({ delivered: 5, duplicates: 0 })
    } finally {
      await sink.close()
    }
  })
})

describe('a process in its exit event, where nothing asynchronous runs any more', () => {
  test.each([
    ['forceFlush', '3'],
    ['forceFlush', '1500'],
    ['shutdown', '3'],
    ['shutdown', '1500'],
  ])('still hands all its spans to the exporter in the very call of %s (%s)', async (method, count) => {
    const stdout = `exported ${Number(count) + 1}\n`
    expect(await run('flush-in-exit-event.mjs', method, count)).toMatchObject({ code: 0, stdout, stderr: '' })
  })
})

describe('a process with a failing exporter', () => {
  test('lives on when nobody looks at the flush and the shutdown that fail', async () => {
    expect(await run('leave-flush-unobserved.mjs', 'ours')).toMatchObject({ code: 0, stdout: 'still alive\n', stderr: '' })
  })

  test('ends with code 1 in the same place with the stock processor', async () => {
    expect(await run('leave-flush-unobserved.mjs', 'stock')).toMatchObject({ code: 1, stdout: '' })
  })

  test.each(['throws', 'rejects', 'throws after an asynchronous resource'])('lives on when export %s', async (way) => {
    const ended = await run('export-badly.mjs', way)

    expect(ended).toMatchObject({ code: 0, stderr: '' })
    expect(ended.stdout).toContain('ended 3, exported 2, failed {"export_failed":1}, exports 3\n')
    expect(ended.stdout).not.toContain('unhandled rejection')
    expect(idleMillis(ended)).toBeLessThan(IDLE_MILLIS)
  })
})
