// SPDX-License-Identifier: Apache-2.0
import { execFileSync, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startBlackHole } from '@spanring/sink'
import { listen } from '@spanring/test-kit/servers'
import { setupSink } from '@spanring/test-kit/sink'
import { until } from '@spanring/test-kit/until'
import { expect, onTestFinished, test } from 'vitest'
import { openHandles, settledWithin, setupTransport } from './setup-transport.js'

test('a connection that is never made ends with the deadline, and its socket with it', async (context) => {
  const hole = await startBlackHole()
  context.skip(hole === undefined, 'this kernel accepts connections beyond the backlog')
  onTestFinished(() => hole?.close())
  const handles = openHandles().length
  const { send, transport, within, changes } = setupTransport({ url: hole?.url, timeoutMillis: 200 })
  const outcome = await settledWithin(200, () => send(4))
  expect(outcome.failed).toEqual({ timeout: 4 })
  expect(outcome.error?.message).toContain('no connection in time')
  expect(changes.map(({ state }) => state)).toEqual(['down'])
  await until(() => openHandles().length === handles)

  const hanging = send(1, 60_000)
  await settledWithin(100, () => transport.shutdown(within(100)))
  await hanging
  await until(() => openHandles().length === handles)
})

test('a TLS handshake that is never answered ends with the deadline', async () => {
  const sockets = new Set<Socket>()
  const server = createServer((socket) =>
    sockets.add(
      socket
        .resume()
        .on('error', () => {})
        .on('close', () => sockets.delete(socket)),
    ),
  )
  const port = await listen(server)
  const { send } = setupTransport({ url: `https://127.0.0.1:${port}/`, timeoutMillis: 200 })
  const outcome = await settledWithin(200, () => send())
  expect(outcome.failed).toEqual({ timeout: 1 })
  await until(() => sockets.size === 0)
})

test('a request behind a hung one of the application is not behind it', async () => {
  const sink = await setupSink()
  const undici = await import('undici')
  const before = undici.getGlobalDispatcher()
  onTestFinished(() => undici.setGlobalDispatcher(before))
  const mock = new undici.MockAgent()
  mock.disableNetConnect()
  undici.setGlobalDispatcher(mock)
  const { send } = setupTransport({ url: sink.url, timeoutMillis: 2000 })
  expect((await send(2)).exported).toBe(2)
})

// In a process of its own, whose thread pool waits for files that nobody writes to.
test('a blocked thread pool: names and compression end with the deadline, and an address still gets through', async (context) => {
  context.skip(process.platform === 'win32', 'there are no FIFOs')
  const sink = await setupSink()
  const dir = mkdtempSync(join(tmpdir(), 'spanring-fifo-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  const fifos = [1, 2, 3, 4].map((number) => join(dir, `fifo-${number}`))
  execFileSync('mkfifo', fifos)
  const program = new URL('./fixtures/blocked-pool.mjs', import.meta.url)
  const { port } = new URL(sink.url)
  const child = fork(program, [port, ...fifos], { execArgv: [], silent: true })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [results] = (await once(child, 'message')) as [{ name: string; exported: number; isInTime: boolean }[]]
  expect(results).toEqual([
    { name: 'by name', exported: 0, isInTime: true },
    { name: 'by address', exported: 1, isInTime: true },
    { name: 'by address, compressed', exported: 1, isInTime: true },
    { name: 'by address, compressed, again', exported: 1, isInTime: true },
    { name: 'shutdown', exported: 0, isInTime: true },
  ])
  expect((await sink.stats()).delivered).toBe(3)
})
