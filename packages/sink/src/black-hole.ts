// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'

/** An address to which connections are attempted but never established. */
export interface BlackHole {
  readonly url: string
  close(): void
}

/** Listens with a backlog of one, then blocks its event loop until its parent is gone, so that no connection is accepted. */
const DEAF_LISTENER = `
  require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, function () {
    process.send(this.address().port, () => {
      const cell = new Int32Array(new SharedArrayBuffer(4))
      const parent = process.ppid
      while (process.ppid === parent) Atomics.wait(cell, 0, 0, 500)
      process.exit()
    })
  })`

/** A connection on loopback that takes longer than this, in milliseconds, counts as one that is never established. */
const CONNECT_MILLIS = 300

/** Undefined where the kernel does not leave connections pending: on Windows, and where the backlog has no limit. */
export async function startBlackHole(): Promise<BlackHole | undefined> {
  if (process.platform === 'win32') return undefined
  const child = spawn(process.execPath, ['-e', DEAF_LISTENER], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const fillers: Socket[] = []
  const close = (): void => {
    for (const socket of fillers) socket.destroy()
    child.kill('SIGKILL')
  }
  const port = await portOf(child)
  child.disconnect()
  child.unref()
  for (let count = 0; count < 20; count++) {
    const socket = connect(port, '127.0.0.1').on('error', () => {})
    fillers.push(socket)
    // oxlint-disable-next-line no-await-in-loop -- the first connection that hangs shows that the backlog is full
    if (!(await isConnected(socket))) return { url: `http://127.0.0.1:${port}/v1/traces`, close }
  }
  close()
  return undefined
}

async function portOf(child: ChildProcess): Promise<number> {
  const [port] = (await once(child, 'message')) as [number]
  return port
}

async function isConnected(socket: Socket): Promise<boolean> {
  const end = new AbortController()
  const late = setTimeout(() => end.abort(), CONNECT_MILLIS)
  return await once(socket, 'connect', { signal: end.signal })
    .then(() => true)
    .catch(() => false)
    .finally(() => clearTimeout(late))
}
