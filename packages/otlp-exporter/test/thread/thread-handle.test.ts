// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import type { FromThread } from '../../src/thread/messages.js'
import { ThreadHandle } from '../../src/thread/thread-handle.js'

function stored(exported: number): FromThread {
  return { type: 'stored', id: 1, outcome: { exported, failed: {}, freedBytes: 1, error: undefined } }
}

test('messages are dealt with in their order, whoever looks for the next ones meanwhile; only a failure comes at once', () => {
  const posted: FromThread[] = [
    stored(2),
    { type: 'failure', id: 7, failed: { timeout: 1 }, errorType: undefined, error: undefined },
    stored(3),
  ]
  let onMessage = (_message: FromThread): void => {}
  const startWorker: ConstructorParameters<typeof ThreadHandle>[0]['startWorker'] = (_file, _data, listener) => {
    onMessage = (message) => listener.onMessage(message)
    return { post() {}, receive: () => posted.shift(), close() {}, terminate: () => Promise.resolve() }
  }
  const log: string[] = []
  const handle = new ThreadHandle(
    { file: undefined, slabCount: 4, startWorker },
    {
      onBell() {},
      onEnd() {},
      onMessage(message) {
        const what = message.type === 'stored' ? `stored ${message.outcome.exported}` : message.type
        log.push(`begin ${what}`)
        if (what === 'stored 1') handle.receiveNow()
        log.push(`end ${what}`)
      },
    },
  )
  onMessage(stored(1))
  expect(log).toEqual([
    'begin stored 1',
    'begin failure',
    'end failure',
    'end stored 1',
    'begin stored 2',
    'end stored 2',
    'begin stored 3',
    'end stored 3',
  ])
})
