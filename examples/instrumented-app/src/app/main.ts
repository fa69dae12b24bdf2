// SPDX-License-Identifier: Apache-2.0
import { startService } from './service.js'

const service = await startService({ port: Number(process.env['PORT'] ?? 3000), databaseUrl: process.env['DATABASE_URL'] })
console.log(`orders service on ${service.url}, try ${service.url}/orders/1`)

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void service.close())
