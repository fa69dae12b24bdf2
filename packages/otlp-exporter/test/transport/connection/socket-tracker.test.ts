// SPDX-License-Identifier: Apache-2.0
import { PassThrough } from 'node:stream'
import type { buildConnector } from 'undici'
import { expect, test } from 'vitest'
import { systemClock } from '@spanring/core'
import { SocketTracker } from '../../../src/transport/connection/socket-tracker.js'

const WHERE = { hostname: 'collector', protocol: 'http:', port: '4318' }

/** A tracker whose timers fire when they are told, and a connector that makes the given sockets. */
function setup() {
  const timers = new Set<() => void>()
  const startTimer = (callback: () => void) => {
    timers.add(callback)
    return { stop: () => void timers.delete(callback) }
  }
  const tracker = new SocketTracker({ ...systemClock, startTimer, stopTimer: (timer) => timer?.stop?.() })
  const open = (socket: PassThrough): PassThrough => {
    const connector = (() => socket) as unknown as buildConnector.connector
    tracker.track(connector)(WHERE, () => {})
    return socket
  }
  return { tracker, timers, open }
}

test('a connection that takes too long is destroyed with an error, one that is made has no timer any more', () => {
  const { timers, open } = setup()
  const slow = open(new PassThrough())
  const fast = open(new PassThrough())
  fast.emit('connect')
  expect(timers.size).toBe(1)
  for (const fire of timers) fire()
  expect(slow.errored?.message).toBe('no connection within 5000 ms')
  expect(fast.destroyed).toBe(false)
})

test('destroying ends every socket, made or not, and those that are still to come', async () => {
  const { tracker, timers, open } = setup()
  const connecting = open(new PassThrough())
  const connected = open(new PassThrough())
  connected.emit('connect')
  tracker.destroyAll()
  const late = open(new PassThrough())
  late.on('error', () => {})
  expect([connecting, connected, late].map(({ destroyed }) => destroyed)).toEqual([true, true, true])
  await new Promise((resolve) => setImmediate(resolve))
  expect(timers.size).toBe(0)
})
