// SPDX-License-Identifier: Apache-2.0
// The instrumented application, until it is told to stop.
import { startService } from '@spanring/instrumented-app/dist/esm/app/service.js'
import { stopTelemetry } from '@spanring/instrumented-app/dist/esm/telemetry.js'
import { send } from './messages.js'
import { bothPipelines } from './telemetry-of-both.js'

const service = await startService()
process.once('message', () => void stop())
// The command that started it may be gone at any time.
process.once('disconnect', () => process.exit())
send({ url: service.url })

async function stop(): Promise<void> {
  await service.close()
  await stopTelemetry()
  send({ report: { ended: bothPipelines.ended, stats: bothPipelines.ours.stats() } })
  process.disconnect()
}
