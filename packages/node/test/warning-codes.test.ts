// SPDX-License-Identifier: Apache-2.0
import * as shared from '../../core/src/warning-codes.js'
import { expect, test } from 'vitest'
import * as own from '../src/warning-codes.js'

test('the codes of the processor and the exporter are those that the doctor knows', () => {
  expect(own).toMatchObject({ ...shared })
})
