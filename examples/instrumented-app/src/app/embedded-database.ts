// SPDX-License-Identifier: Apache-2.0
/**
 * PostgreSQL compiled to WebAssembly, in memory, behind a socket. A process of its own: it computes on the thread that
 * it runs on, and would stall the event loop of the service.
 */
import { PGlite } from '@electric-sql/pglite'
import { dataDir } from '@electric-sql/pglite-prepopulatedfs'
import { PGLiteSocketServer } from '@electric-sql/pglite-socket'

// First of all: the service may be gone before the database is ready. Nothing to clean up, all is in memory.
process.once('disconnect', () => process.exit(0))
// Ctrl-C reaches the whole process group, and the service still has queries to finish.
process.on('SIGINT', () => {})

// A data directory from the package: making one takes seconds.
const db = await PGlite.create({ loadDataDir: await dataDir() })
const server = new PGLiteSocketServer({ db, port: 0 })
await server.start()

const url = `postgres://postgres:postgres@${server.getServerConn()}/postgres?sslmode=disable`
// An error here is that nobody listens any more, which 'disconnect' tells as well.
process.send?.({ url }, () => {})
