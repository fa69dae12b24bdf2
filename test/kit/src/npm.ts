// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const exec = promisify(execFile)

/** An installation over a slow network takes minutes; what takes longer hangs. */
const LIMIT_MILLIS = 5 * 60_000
/** `npm run` tells its children about the workspace, which is not the project that npm works on here. */
const WORKSPACE_VARIABLE = /^(npm_(?!config_(cache|registry|userconfig)$)|INIT_CWD$)/i

/** Runs npm in that directory; gives its standard output. */
export async function npm(args: readonly string[], cwd: string): Promise<string> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !WORKSPACE_VARIABLE.test(name)))
  const options = { cwd, env, shell: process.platform === 'win32', timeout: LIMIT_MILLIS, maxBuffer: 2 ** 26 }
  const { stdout } = await exec('npm', args, options)
  return stdout
}
