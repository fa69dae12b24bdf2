// SPDX-License-Identifier: Apache-2.0
import { captureDiag, logTo, said as saidIn } from '@spanring/test-kit/diag'
import { expect, test } from 'vitest'
import { LOSS_OVER_MILLIS, REPORT_INTERVAL_MILLIS } from '../../src/limits.js'
import { LossReport } from '../../src/accounting/loss-report.js'
import { textOf } from '../../src/warn.js'

function setup() {
  const lines = captureDiag()
  const counts = {
    ended: 0,
    exported: 0,
    queued: 0,
    encoded: 0,
    inFlight: 0,
    stored: 0,
    kept: 0,
    dropped: { queue_full: 0, already_shutdown: 0, shutdown: 0, invalid_span: 0 },
    failed: {} as Record<string, number>,
  }
  const fail = (reason: string, count: number): void => {
    counts.failed[reason] = (counts.failed[reason] ?? 0) + count
  }
  const report = new LossReport(counts)
  /** A turn every 10 ms in which `lose` may lose something. */
  const run = (from: number, to: number, lose: (now: number) => void = () => {}): void => {
    for (let now = from; now < to; now += 10) {
      lose(now)
      report.report(now)
    }
  }
  return { said: () => saidIn(lines), counts, fail, report, run }
}

test('without a loss nothing is said and no look is asked for', async () => {
  const { said, report, run } = setup()
  run(0, 60_000)
  expect(await said()).toEqual([])
  expect(report.nextAt).toBe(Infinity)
})

test('one line says that spans are lost, one that this is over, with counts by reason', async () => {
  const { said, counts, fail, report, run } = setup()
  counts.ended = 1000
  report.lastError = new Error('connect ECONNREFUSED')
  run(0, 2000, () => {
    counts.dropped.queue_full += 2
    fail('timeout', 1)
  })
  run(2000, 20_000, () => counts.exported++)
  expect(await said()).toEqual([
    'BatchSpanProcessor: losing spans: 3 so far (2 dropped as queue_full, 1 failed as timeout); last error: connect ECONNREFUSED',
    'BatchSpanProcessor: no longer losing spans: lost 600 in 7.0 s (400 dropped as queue_full, 200 failed as timeout), ' +
      '600 of 1000 spans since the start; last error: connect ECONNREFUSED',
  ])
  expect(report.nextAt).toBe(Infinity)
})

test('an outage is not over while every export fails, however long the delay between two exports', async () => {
  const { said, counts, fail, report, run } = setup()
  const delayMillis = 2 * LOSS_OVER_MILLIS
  run(0, 5 * delayMillis, (now) => {
    if (now % delayMillis === 0) fail('connection', 4)
  })
  expect((await said()).map((line) => line.slice(20))).toEqual(['losing spans: 4 so far (4 failed as connection)'])
  expect(report.nextAt, 'nothing to wait for').toBe(Infinity)
  counts.exported = 1
  run(5 * delayMillis, 5 * delayMillis + 100)
  expect((await said())[1]).toContain('no longer losing spans: lost 20 in 50.0 s (20 failed as connection), 20 of')
})

test('spans that were exported before the last loss do not end it', async () => {
  const { said, counts, fail, run } = setup()
  run(0, 10, () => fail('connection', 1))
  run(10, 20, () => counts.exported++)
  run(20, 30, () => fail('connection', 1))
  run(30, 100_000)
  expect(await said()).toHaveLength(1)
})

test('a line counts what its own episode lost, by the same reasons', async () => {
  const { said, counts, fail, run } = setup()
  counts.ended = 100
  for (const [from, reason] of [
    [0, 'connection'],
    [REPORT_INTERVAL_MILLIS, 'timeout'],
  ] as const) {
    run(from, from + 10, () => fail(reason, 16))
    run(from + 10, from + REPORT_INTERVAL_MILLIS, () => counts.exported++)
  }
  expect((await said()).map((line) => line.slice(20))).toEqual([
    'losing spans: 16 so far (16 failed as connection)',
    'no longer losing spans: lost 16 in 5.0 s (16 failed as connection), 16 of 100 spans since the start',
    'losing spans: 16 so far (16 failed as timeout)',
    'no longer losing spans: lost 16 in 5.0 s (16 failed as timeout), 32 of 100 spans since the start',
  ])
})

test('the loop is asked to look again when the loss may be over', () => {
  const { counts, report } = setup()
  counts.dropped.queue_full = 1
  report.report(100)
  expect(report.nextAt, 'no turn comes without an export that succeeds, and that is one').toBe(Infinity)
  counts.exported = 1
  expect(report.report(200)).toBe(100 + LOSS_OVER_MILLIS)
})

test('losses that come and go make at most one pair of lines in the interval, and nothing is left out', async () => {
  const { said, counts, run } = setup()
  // Five bursts of loss in one interval, each over before the next.
  run(0, REPORT_INTERVAL_MILLIS * 3, (now) => {
    if (now < REPORT_INTERVAL_MILLIS && now % 6000 === 0) counts.dropped.queue_full += 10
    else counts.exported++
  })
  const lines = await said()
  expect(lines.length).toBe(4)
  expect(lines[0]).toContain('losing spans: 10 so far')
  expect(lines[1]).toContain('lost 10 ')
  expect(lines[2]).toContain('losing spans: 40 so far')
  expect(lines[3]).toContain('lost 40 ')
})

test('what was not yet said is said at shutdown', async () => {
  const { said, counts, report } = setup()
  counts.ended = 5
  counts.dropped.shutdown = 5
  report.close(10)
  report.close(20)
  expect(await said()).toEqual(['BatchSpanProcessor: shut down: lost 5 (5 dropped as shutdown), 5 of 5 spans since the start'])
})

test('a logger that throws changes nothing', () => {
  const { counts, report } = setup()
  logTo(() => {
    throw new Error('logger')
  })
  counts.dropped.queue_full = 1
  expect(() => report.report(0)).not.toThrow()
  expect(() => report.close(1)).not.toThrow()
})

test('an error message is one short sentence, whatever was thrown', () => {
  expect(textOf(new Error('x'.repeat(1000))).length).toBe(300)
  expect(textOf(new TypeError())).toBe('TypeError')
  expect(textOf('text')).toBe('text')
  expect(textOf(Object.create(null))).toBe('unknown')
})
