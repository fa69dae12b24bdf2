// SPDX-License-Identifier: Apache-2.0
/**
 * PostgreSQL compiled to WebAssembly, in memory, behind a socket. A process of its own: it computes on the thread that
 * it runs on, and would stall the event loop of the service.
 */
import { PGlite } from '@electric-sql/pglite'
import { PGLiteSocketServer } from '@electric-sql/pglite-socket'

const db = await PGlite.create()
const server = new PGLiteSocketServer({ db, port: 0 })
await server.start()

// No clean-up: the database is in memory, and ends with the service that started it.
process.once('disconnect', () => process.exit(0))
// Ctrl-C reaches the whole process group, and the service still has queries to finish.
process.on('SIGINT', () => {})
process.send?.({ url: `postgres://postgres:postgres@${server.getServerConn()}/postgres?sslmode=disable` })
