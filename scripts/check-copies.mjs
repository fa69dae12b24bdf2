// SPDX-License-Identifier: Apache-2.0
// Fails if code stands in two files of the tests: a helper that several use belongs in test/kit. The settings of the finder
// are in .jscpd.json. Left out are test cases of one file, which look alike, and fixtures, which are twins on purpose: one
// for each module format, each a program that stands alone.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const output = mkdtempSync(join(tmpdir(), 'spanring-copies-'))

try {
  const finder = join(root, 'node_modules/jscpd/run-jscpd.js')
  const args = [finder, '.', '--reporters', 'json,silent', '--output', output, '--fail-on-empty']
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' })
  if (status !== 0) throw new Error(`jscpd ended with ${status}: ${stderr}`)
  const { duplicates } = JSON.parse(readFileSync(join(output, 'jscpd-report.json'), 'utf8'))
  const copies = duplicates.filter(({ firstFile, secondFile }) => firstFile.name !== secondFile.name)
  for (const { firstFile, secondFile, lines } of copies)
    console.error(`${lines} lines: ${firstFile.name}:${firstFile.start} and ${secondFile.name}:${secondFile.start}`)
  if (copies.length > 0) process.exitCode = 1
} finally {
  rmSync(output, { recursive: true, force: true })
}
