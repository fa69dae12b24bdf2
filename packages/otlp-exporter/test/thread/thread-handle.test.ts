// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import type { FromThread } from '../../src/thread/messages.js'
import { ThreadHandle } from '../../src/thread/thread-handle.js'

function stored(exported: number): FromThread {
  return { type: 'stored', id: 1, outcome: { exported, failed: {}, freedBytes: 1, error: undefined } }
}

/** A handle that tells what it does with messages, and what of them have not been received. */
function setup(posted: FromThread[], deal: (what: string, handle: ThreadHandle) => void) {
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
        deal(what, handle)
        log.push(`end ${what}`)
      },
    },
  )
  return { handle, log, receive: (message: FromThread): void => onMessage(message) }
}

test('messages are dealt with in their order, whoever looks for the next ones meanwhile; only a failure comes at once', () => {
  const failure: FromThread = { type: 'failure', id: 7, failed: { timeout: 1 }, errorType: undefined, error: undefined }
  const { log, receive } = setup([stored(2), failure, stored(3)], (what, handle) => {
    if (what === 'stored 1') handle.receiveNow()
  })
  receive(stored(1))
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

test('a message in which the process ends keeps nobody from the next ones, nor one that throws', () => {
  const { handle, log, receive } = setup([stored(2), stored(3)], (what) => {
    if (what !== 'stored 1') return
    // As in the `exit` event, from which nobody comes back here.
    handle.receiveNow()
    handle.beginExit()
    expect(log.filter((line) => line.startsWith('end'))).toEqual(['end stored 2', 'end stored 3'])
    throw new Error('a listener has failed')
  })
  expect(() => receive(stored(1))).toThrow('a listener has failed')
  receive(stored(4))
  expect(log.at(-1)).toBe('end stored 4')
})
