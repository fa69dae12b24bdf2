// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { npm } from '@spanring/test-kit/npm'

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
