// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { CONTENDERS, nameOf } from '../src/on-end/contender.js'
import type { Results } from '../src/on-end/report.js'

// The build, in its own processes, as a user runs it.
const script = fileURLToPath(new URL('../dist/esm/on-end.js', import.meta.url))
const run = promisify(execFile)

test('a short run accounts for every span of every contender', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'on-end-'))
  try {
    const file = join(dir, 'results.json')
    const args = ['--rounds', '1', '--seconds', '0.1', '--warmup', '0.05', '--rate', '10000', '--json', file]
    // Rejects when a run was void: the script then ends with an exit code of 1.
    const { stdout } = await run(process.execPath, [script, ...args], { env: { ...process.env, NODE_OPTIONS: '' } })

    // What the figures are is nobody's business here: the machine is busy with the other tests.
    for (const contender of CONTENDERS) expect(stdout).toContain(`| ${nameOf(contender)} `)
    expect(stdout).toMatch(/SDK 3\.1, p99\.9: stock \/ spanring = /)

    const { environment, runs }: Results = JSON.parse(await readFile(file, 'utf8'))
    expect(environment.versions).not.toContain('unknown')
    expect(runs.map(nameOf)).toEqual(CONTENDERS.map(nameOf))
    for (const { processor, ended, delivered, dropped, failed, timed, voidReasons } of runs) {
      expect(voidReasons).toEqual([])
      expect(timed).toBe(1000)
      // 500 in warm-up, 1,000 timed, one to end with.
      expect(ended).toBe(1501)
      if (processor !== 'noop') expect(delivered + dropped + failed).toBe(ended)
    }
  } finally {
    await rm(dir, { recursive: true })
  }
  // Six processes one after the other, on a machine that others may be using up.
}, 60_000)

test('an option that does not exist is refused with the usage', async () => {
  await expect(run(process.execPath, [script, '--laps', '3'])).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--rounds N'),
  })
})
