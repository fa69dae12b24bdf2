// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import { warningOf, warningsOnStderr } from '../../src/doctor/warning.js'

const CODE = '[SPANRING_BACKEND_DOWN]'

describe('warningOf', () => {
  test.each([
    [
      `OTLPTraceExporter: ${CODE} http://a is down: x`,
      { isOurs: true, code: CODE, text: 'OTLPTraceExporter: http://a is down: x' },
    ],
    ['BatchSpanProcessor: losing spans', { isOurs: true, code: undefined, text: 'BatchSpanProcessor: losing spans' }],
    // A backend may write whatever it wants, but not in front.
    [`OTLPTraceExporter: answered ${CODE} x`, { isOurs: true, code: undefined, text: `OTLPTraceExporter: answered ${CODE} x` }],
    [`stock: ${CODE} x`, { isOurs: false, code: undefined, text: `stock: ${CODE} x` }],
  ])('of %s', (line, warning) => {
    expect(warningOf(line)).toEqual(warning)
  })
})

test('warningsOnStderr takes the lines of spanring alone', () => {
  expect(warningsOnStderr(`x\nspanring: ${CODE} y\nspanring: OTLPTraceExporter: ${CODE} z\nspanring: 1 lost\n`)).toEqual([
    { isOurs: true, code: CODE, text: 'y' },
    { isOurs: true, code: CODE, text: 'OTLPTraceExporter: z' },
    { isOurs: true, code: undefined, text: '1 lost' },
  ])
})
