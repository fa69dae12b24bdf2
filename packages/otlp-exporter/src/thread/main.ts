// SPDX-License-Identifier: Apache-2.0
import { receiveMessageOnPort, workerData } from 'node:worker_threads'
import { DiagLogLevel, diag } from '@opentelemetry/api'
import { SendingThread } from './sending-thread.js'
import { BELL } from './messages.js'
import type { FromThread, ThreadData, ToThread } from './messages.js'

/*
 * What the export thread runs. It ends when the application has shut it down and every connection is closed.
 */
const { port, memory, slabCount } = workerData as ThreadData

const post = (message: FromThread): void => port.postMessage(message)
const logger = (text: string): void => post({ type: 'warning', text })
diag.setLogger({ error: logger, warn: logger, info() {}, debug() {}, verbose() {} }, { logLevel: DiagLogLevel.WARN })

const thread = new SendingThread(memory, slabCount, {
  post,
  receiveNow() {
    for (let received = receiveMessageOnPort(port); received !== undefined; received = receiveMessageOnPort(port)) {
      receive(received.message as ToThread)
    }
  },
  close: () => port.close(),
})

function receive(message: ToThread): void {
  if (message === BELL) thread.takeBatches()
  else thread.onMessage(message)
}

port.on('message', receive)
