// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { startBlackHole } from '../src/black-hole.js'

test('a connection to a black hole is neither made nor refused; it is refused when the hole is closed', async (context) => {
  const hole = await startBlackHole()
  context.skip(hole === undefined, 'this kernel accepts connections beyond the backlog')
  onTestFinished(() => hole?.close())
  const { port } = new URL(hole?.url ?? '')
  const socket = connect(Number(port), '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  const outcome = once(socket, 'connect').then(
    () => 'made',
    (error: NodeJS.ErrnoException) => error.code,
  )
  // Longer than any connection on loopback takes, and shorter than the kernel waits for its second attempt.
  const pending = new Promise((resolve) => setTimeout(resolve, 300, 'pending'))
  expect(await Promise.race([outcome, pending])).toBe('pending')
  hole?.close()
  expect(await outcome).toBe('ECONNREFUSED')
})
