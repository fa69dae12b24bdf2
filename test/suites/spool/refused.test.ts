// SPDX-License-Identifier: Apache-2.0
// Real disks that refuse: one clear warning, nothing thrown, everything counted, and it works again afterwards.
import { execFile, execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { setupDirectory } from '@spanring/test-kit/directory'
import { expect, test } from 'vitest'

const FIXTURE = fileURLToPath(new URL('fixtures/refused.mjs', import.meta.url))

interface Result {
  readonly appended: number
  readonly refused: number
  readonly delivered: number
  readonly spans: number
  readonly lost: readonly string[]
  readonly warnings: readonly string[]
  readonly left: readonly string[]
}

/** In a namespace of its own a process may mount what it likes, and it is gone with the process. */
const MOUNT = 'mount -t tmpfs -o size=512k,mode=700 tmpfs "$1"'
const canMount = attempt(() => execFileSync('unshare', ['-Urm', 'sh', '-c', MOUNT, 'sh', '/mnt'], { stdio: 'ignore' }))

function attempt(run: () => void): boolean {
  try {
    run()
    return true
  } catch (error) {
    console.log(`nothing can be mounted here: ${String(error)}`)
    return false
  }
}

async function meet(how: string, shell: string, isMounted: boolean): Promise<Result> {
  const directory = setupDirectory()
  const script = `${isMounted ? `${MOUNT} && ` : ''}${shell} exec "$0" "$2" "$3" "$1"`
  const args = ['-c', script, process.execPath, directory, FIXTURE, how]
  const [file, all] = isMounted ? (['unshare', ['-Urm', 'sh', ...args]] as const) : (['sh', args] as const)
  const { stdout, stderr } = await promisify(execFile)(file, [...all])
  expect(stderr).toBe('')
  return JSON.parse(stdout) as Result
}

const LIMIT_DESCRIPTORS = 'ulimit -n 64;'

test.each<readonly [how: string, shell: string, isMounted: boolean, code: string]>([
  ['full', '', true, 'ENOSPC'],
  ['read-only at first', '', true, 'EROFS'],
  ['read-only in the middle', '', true, 'EROFS'],
  ['no descriptor at first', LIMIT_DESCRIPTORS, false, 'EMFILE'],
  ['no descriptor in the middle', LIMIT_DESCRIPTORS, false, 'EMFILE'],
  ['large files', 'ulimit -f 200;', false, 'EFBIG'],
])('a disk that refuses: %s', async (how, shell, isMounted, code) => {
  if (isMounted && !canMount) return
  const { appended, refused, delivered, spans, lost, warnings, left } = await meet(how, shell, isMounted)
  expect({ delivered, spans, lost, left }).toEqual({ delivered: appended, spans: 0, lost: [], left: [] })
  expect(appended).toBeGreaterThan(2)
  if (how !== 'no descriptor in the middle') expect(refused).toBeGreaterThan(0)
  const [warning, ...others] = warnings
  expect(warning).toMatch(/^cannot (write to|read|take over what is in) the spool in \/\S+ \(.*\); /)
  expect(warning).toContain(code)
  expect(others.filter((text) => !/^the spool in \S+ works again$/.test(text))).toEqual([])
})
