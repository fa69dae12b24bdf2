// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const exec = promisify(execFile)

const LIMIT_MILLIS = 5 * 60_000
/** `npm run` tells its children about the workspace, which is not the project that is meant here. */
const WORKSPACE_VARIABLE = /^(npm_(?!config_(cache|registry|userconfig)$)|INIT_CWD$)/i

export async function npm(args: readonly string[], cwd: string): Promise<string> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !WORKSPACE_VARIABLE.test(name)))
  const options = { cwd, env, shell: process.platform === 'win32', timeout: LIMIT_MILLIS, maxBuffer: 2 ** 26 }
  const { stdout } = await exec('npm', args, options)
  return stdout
}

/** A directory with these packages, installed unless they were before. `key` says what they are. */
export async function installOnce(dir: string, packages: Readonly<Record<string, string>>, key: string): Promise<void> {
  const stamp = join(dir, 'stamp')
  if (existsSync(stamp) && (await readFile(stamp, 'utf8')) === key) return
  await rm(dir, { recursive: true, force: true })
  await mkdir(dir, { recursive: true })
  await writeFile(join(dir, 'package.json'), JSON.stringify({ name: 'an-application', private: true, dependencies: packages }))
  await npm(['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--prefer-offline'], dir)
  await writeFile(stamp, key)
}
