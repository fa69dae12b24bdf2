// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises'
import { startSink } from '@spanring/sink'
import type { Sink } from '@spanring/sink'
import type { Ended } from '@spanring/test-kit/program'
import { setupApplication } from '@spanring/test-kit/setup-application'
import { describe, expect, test } from 'vitest'
import type { Cases } from './differences.js'
import { see } from './see.js'
import type { Seen } from './see.js'

describe.each(['sdk-2', 'sdk-3'] as const)('register differs from stock as the document says, beside %s', async (line) => {
  const application = await setupApplication(line, new URL('../register/fixtures', import.meta.url))

  /** Stock's register or ours before the same program; `act` until it ends, or is killed. */
  async function seeProcesses(
    how: string,
    act: (kill: (signal: NodeJS.Signals) => void, sink: Sink) => Promise<void>,
  ): Promise<Seen> {
    return await see(async (contender) => {
      const sink = await startSink()
      const preload = contender === 'stock' ? '@opentelemetry/auto-instrumentations-node/register' : '@spanring/node/register'
      const options = { execArgv: ['--require', preload], env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.origin } }
      const program = application.start('end-spans.mjs', options, [how])
      if (how === 'waiting') await program.printed('ready')
      await act((signal) => program.kill(signal), sink)
      const { signal }: Ended = await program.ended
      const { delivered } = await sink.stats()
      await sink.close()
      return { delivered, signal }
    })
  }

  const register: Cases<'register', () => Promise<void>> = {
    'SIGTERM, and nobody else listens': async () => {
      const seen = await seeProcesses('waiting', async (kill, sink) => {
        kill('SIGTERM')
        await sink.waitForSpans(100)
        // Long enough for a process that is about to end.
        await sleep(500)
        kill('SIGKILL')
      })
      expect(seen).toEqual({ stock: { delivered: 100, signal: 'SIGKILL' }, spanring: { delivered: 100, signal: 'SIGTERM' } })
    },
    'SIGINT, as from Ctrl-C': async () => {
      const seen = await seeProcesses('waiting', async (kill) => kill('SIGINT'))
      expect(seen).toEqual({ stock: { delivered: 0, signal: 'SIGINT' }, spanring: { delivered: 100, signal: 'SIGINT' } })
    },
    'spans of your own `beforeExit` listeners': async () => {
      const seen = await seeProcesses('before exit', async () => {})
      expect(seen).toEqual({ stock: { delivered: 100, signal: null }, spanring: { delivered: 200, signal: null } })
    },
    "names imported from ES modules, as `import { request } from 'node:http'`": async () => {
      const seen = await see(async (contender) => {
        const preload = contender === 'stock' ? '@opentelemetry/auto-instrumentations-node/register' : '@spanring/node/register'
        const { stdout } = await application.start('is-instrumented.mjs', { execArgv: ['--require', preload] }).ended
        return stdout.trim()
      })
      expect(seen).toEqual({ stock: 'http is as it was', spanring: 'http is instrumented' })
    },
  }

  test.each(Object.entries(register))('%s', async (_name, check) => await check())
})
