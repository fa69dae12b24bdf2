// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { NOOP, nameOf, onEveryLine, OURS, STOCK } from '../src/contender.js'
import { renderCharts } from '../src/report/charts.js'
import type { Results } from '../src/report/results.js'

// The build, in its own processes, as a user runs it.
const script = fileURLToPath(new URL('../dist/esm/bench.js', import.meta.url))
const run = promisify(execFile)

test('a short run accounts for every span of every contender, and can be drawn', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'bench-'))
  try {
    const file = join(dir, 'results.json')
    // Rejects when ours does not account for a span: the script then ends with an exit code of 1.
    const { stdout } = await run(process.execPath, [script, '--quick', '--json', file, 'steady 10k'], {
      env: { ...process.env, NODE_OPTIONS: '' },
    })
    const contenders = onEveryLine([NOOP, STOCK, ...OURS]).map(nameOf)
    // What the figures are is nobody's business here: the machine is busy with the other tests.
    for (const name of contenders) expect(stdout).toContain(`| ${name} `)
    expect(stdout).toMatch(/SDK 3\.1, onEnd p99\.9: stock \/ spanring = /)
    // Nor is it the script's, after a short run.
    expect(stdout).not.toMatch(/holds|MISSED/)

    const results: Results = JSON.parse(await readFile(file, 'utf8'))
    expect(Object.values(results.environment.versions)).not.toContain('unknown')
    expect(results.runs.map(nameOf)).toEqual(contenders)
    for (const { processor, ended, delivered, dropped, failed, voidReasons } of results.runs) {
      expect(voidReasons).toEqual([])
      // 5,000 in warm-up, 10,000 timed, one to end with.
      expect(ended).toBe(15_001)
      if (processor !== 'noop') expect(delivered + dropped + failed).toBe(ended)
    }
    const charts = await renderCharts(results)
    expect(charts['end-of-a-span']).toContain('<svg')
    expect(charts['end-of-a-span']).toContain('stock protobuf')
  } finally {
    await rm(dir, { recursive: true })
  }
  // Eight processes one after the other, on a machine that others may be using up.
}, 120_000)

test('an option that does not exist is refused with the usage', async () => {
  await expect(run(process.execPath, [script, '--laps', '3'])).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--rounds N'),
  })
})
