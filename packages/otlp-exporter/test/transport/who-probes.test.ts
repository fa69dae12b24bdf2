// SPDX-License-Identifier: Apache-2.0
import { FakeClock } from '@spanring/test-kit/clock'
import { expect, test } from 'vitest'
import { Backend } from '../../src/transport/retry/backend.js'
import { Operation } from '../../src/transport/operation.js'

/** A backend that is down since 0, and not to be tried before `probeAt`; whoever found that out has left. */
function setup(probeAt: number) {
  const clock = new FakeClock(0)
  const backend = new Backend(clock, () => {})
  const begin = (millis: number): Operation =>
    new Operation(clock.now(), clock.now() + millis, {
      at: Infinity,
      signal: new AbortController().signal,
      closing: new AbortController().signal,
    })
  const first = begin(1000)
  backend.failed(first, { reason: 'connection', status: undefined, message: 'refused' })
  backend.holdUntil(first, probeAt)
  backend.leave(first, 1)
  const said: string[] = []
  const ask = (name: string, operation: Operation): void => {
    void backend.waitForPermission(operation, -Infinity, () => {}).then((answer) => said.push(`${name}: ${answer}`))
  }
  return { backend, begin, ask, said, pass: (millis: number) => clock.advance(millis) }
}

test('a batch whose time would end during its request leaves the probing to the next one', async () => {
  const { begin, ask, said, pass } = setup(950)
  ask('a tenth of a second left', begin(1000))
  ask('enough left', begin(2000))
  await pass(940)
  expect(said).toEqual([])
  await pass(10)
  expect(said).toEqual(['enough left: go'])
  await pass(50)
  expect(said).toEqual(['enough left: go', 'a tenth of a second left: timeout'])
})

test('nor does it take over when the one that probes leaves late', async () => {
  const { backend, begin, ask, said, pass } = setup(10)
  const prober = begin(2000)
  ask('prober', prober)
  await pass(10)
  ask('a tenth of a second left', begin(1000))
  ask('enough left', begin(2000))
  await pass(950)
  backend.leave(prober, 1)
  await pass(10)
  expect(said).toEqual(['prober: go', 'enough left: go'])
})

test('a batch that never has more than some milliseconds may probe for most of them', async () => {
  const { begin, ask, said, pass } = setup(30)
  ask('of 60 ms half are left', begin(60))
  await pass(30)
  expect(said).toEqual(['of 60 ms half are left: go'])
})
