// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Pool } from 'pg'

export interface Database {
  readonly pool: Pool
  close(): Promise<void>
}

/** `url` of a PostgreSQL; without one an embedded database is started, and ends with this process. */
export async function openDatabase(url: string | undefined): Promise<Database> {
  const embedded = url ? undefined : await startEmbeddedDatabase()
  // The embedded database has one session: a second connection would share unnamed statements with the first.
  const max = embedded ? 1 : 10
  const pool = new Pool({ connectionString: embedded?.url ?? url, max, idleTimeoutMillis: 0 })
  // Connect now, so that no request pays for it.
  const clients = await Promise.all(Array.from({ length: max }, () => pool.connect()))
  for (const client of clients) client.release()
  return {
    pool,
    async close(): Promise<void> {
      await pool.end()
      embedded?.process.disconnect()
    },
  }
}

async function startEmbeddedDatabase(): Promise<{ url: string; process: ChildProcess }> {
  // Neither the command line nor NODE_OPTIONS: they may preload the telemetry of the service.
  const child = fork(fileURLToPath(new URL('embedded-database.js', import.meta.url)), {
    execArgv: [],
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the embedded database ended with ${String(code)} before it was ready`)
  })
  const [message]: { url: string }[] = await Promise.race([once(child, 'message'), ended])
  ended.catch(() => {})
  return { url: message?.url ?? '', process: child }
}
