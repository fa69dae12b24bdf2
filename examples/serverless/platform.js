// SPDX-License-Identifier: Apache-2.0
// Stands in for a platform as AWS Lambda: between invocations the process of the function is stopped by a signal, and
// nothing in it runs, no timer and no socket.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const worker = fork(fileURLToPath(new URL('worker.js', import.meta.url)))
await once(worker, 'message')
worker.kill('SIGSTOP')

async function invoke(event) {
  worker.kill('SIGCONT')
  const answered = once(worker, 'message')
  worker.send(event)
  const [answer] = await answered
  worker.kill('SIGSTOP')
  console.log(answer)
}

for (const name of ['Ada', 'Grace', 'Edsger']) {
  await invoke({ name })
  console.log('frozen')
  // Until the line on stdin, or for a second where nobody types.
  await (process.stdin.isTTY || process.env.WAIT
    ? once(process.stdin, 'data')
    : new Promise((resolve) => setTimeout(resolve, 1000)))
}
worker.kill('SIGKILL')
process.exit(0)
