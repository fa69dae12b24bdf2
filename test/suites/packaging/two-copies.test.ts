// SPDX-License-Identifier: Apache-2.0
import { Program } from '@spanring/test-kit/program'
import { expect, test } from 'vitest'

const PROGRAM = new URL('fixtures/name-components.mjs', import.meta.url)

test('components of the ES module and of the CommonJS copy of a package have names of their own, and no global is made for it', async () => {
  const { stdout, stderr } = await new Program(PROGRAM).ended
  expect(stderr).not.toContain('Error')
  expect(JSON.parse(stdout)).toEqual({
    names: [
      'batching_span_processor/0',
      'batching_span_processor/1',
      'batching_span_processor/2',
      'batching_span_processor/3',
      'otlp_http_span_exporter/0',
      'otlp_http_span_exporter/1',
    ],
    added: [],
  })
})
