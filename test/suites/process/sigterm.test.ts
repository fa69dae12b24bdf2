// SPDX-License-Identifier: Apache-2.0
import { startSink } from '@spanring/sink'
import type { Reply, Sink } from '@spanring/sink'
import { Program } from '@spanring/test-kit/program'
import type { Ended } from '@spanring/test-kit/program'
import { afterEach, describe, expect, test } from 'vitest'

/** How late a bound may be met, in milliseconds, on two busy cores. */
const SLACK_MILLIS = 250

describe('a handler of SIGTERM that awaits the shutdown', () => {
  let sink: Sink
  afterEach(() => sink.close())

  async function terminate(spans: number, limitMillis: number, reply: Reply): Promise<Ended> {
    sink = await startSink()
    await sink.script(reply)
    const fixture = new URL('fixtures/shut-down-on-sigterm.mjs', import.meta.url)
    const program = new Program(fixture, [sink.url, String(spans), String(limitMillis)])
    await program.printed('ready')
    program.kill('SIGTERM')
    return await program.ended
  }

  test('delivers everything that is queued', async () => {
    const ended = await terminate(10_000, 10_000, {})

    expect(ended).toMatchObject({ code: 0, stderr: '' })
    expect(ended.stdout).not.toContain('rejected')
    expect(await sink.stats()).toMatchObject({ delivered: 10_000, duplicates: 0 })
  })

  test('ends within its limit although the backend never answers, and says how many spans are lost', async () => {
    const ended = await terminate(10_000, 1000, { fault: 'never' })

    expect(ended.code).toBe(0)
    expect(Number(/shut down in (\d+) ms/.exec(ended.stdout)?.[1])).toBeLessThan(1000 + SLACK_MILLIS)
    expect(ended.stderr).toContain('lost 10000 ')
  })
})
