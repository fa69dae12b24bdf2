// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { BETWEEN_PARTS, BETWEEN_REQUESTS, IN_REQUEST, type Owner, Slab, THREAD } from '../../src/shared-memory/slab.js'
import { isAnySending } from '../../src/thread/handed-batch.js'

function batchOf(owner: Owner, isAwaited = true) {
  const slab = new Slab(0, new SharedArrayBuffer(128))
  slab.owner = owner
  return { slab, isAwaited }
}

test.each([
  ['no batch', [], { up: false, down: false }],
  ['one in a request', [IN_REQUEST], { up: true, down: true }],
  ['one that will soon be sent', [THREAD], { up: true, down: false }],
  ['one whose next part will soon be sent', [BETWEEN_PARTS], { up: true, down: false }],
  ['one in a back-off', [BETWEEN_REQUESTS], { up: false, down: false }],
  ['one behind another that failed', [THREAD, BETWEEN_REQUESTS], { up: false, down: false }],
  ['one behind another that is tried again', [BETWEEN_REQUESTS, THREAD, IN_REQUEST], { up: true, down: true }],
] as const)('whether a process has to wait: %s', (_what, owners, { up, down }) => {
  const batches = owners.map((owner) => batchOf(owner))
  expect(isAnySending(batches, false)).toBe(up)
  expect(isAnySending(batches, true)).toBe(down)
  expect(
    isAnySending(
      owners.map((owner) => batchOf(owner, false)),
      false,
    ),
  ).toBe(false)
})
