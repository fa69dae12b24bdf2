// SPDX-License-Identifier: Apache-2.0
// Installs and builds what the checkout needs, and only what changed since the last time.
// Wants Node and npm alone: npm fetches the package manager in the version that package.json pins.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const stampDir = join(root, 'node_modules', '.spanring')
const skipped = new Set(['node_modules', 'dist', '.git', 'results', '.build', '.cache'])

/** Every file below `dir` that `wanted` takes, in a fixed order. */
function filesBelow(dir, wanted, found = []) {
  for (const entry of readdirSync(dir, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (skipped.has(entry.name)) continue
    const path = join(dir, entry.name)
    if (entry.isDirectory()) filesBelow(path, wanted, found)
    else if (wanted(path)) found.push(path)
  }
  return found
}

function digest(files) {
  const hash = createHash('sha256').update(`${process.version} ${process.arch}\n`)
  for (const file of files)
    hash
      .update(`${relative(root, file)}\n`)
      .update(readFileSync(file))
      .update('\n')
  return hash.digest('hex')
}

function run(what, command, args) {
  const startedAt = performance.now()
  console.log(`setup: ${what} …`)
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' })
  if (result.error) throw result.error
  if (result.status !== 0) {
    console.error(`setup: ${what} failed (${command} ended with ${result.status ?? result.signal})`)
    process.exit(result.status ?? 1)
  }
  console.log(`setup: ${what} done in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
}

/** Runs `work` unless it ran before on the same input; the stamp is written only after it succeeded. */
function once(step, files, work) {
  const stamp = join(stampDir, step)
  const input = digest(files)
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === input) return false
  rmSync(stamp, { force: true })
  work()
  mkdirSync(stampDir, { recursive: true })
  writeFileSync(stamp, input)
  return true
}

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`setup: Node ${process.version} is too old; spanring needs Node 20.19 or later`)
  process.exit(1)
}

const manifests = filesBelow(root, (path) => /(^|[\\/])(package\.json|pnpm-lock\.yaml|pnpm-workspace\.yaml)$/.test(path))
const installed = once('install', manifests, () => {
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const frozen = ['install', '--frozen-lockfile', '--prefer-offline']
  run(`installing with ${packageManager}`, 'npm', ['exec', '--yes', `--package=${packageManager}`, '--', 'pnpm', ...frozen])
})
// What a build reads: sources, the settings of the compiler, the build script, and what is installed.
const sources = filesBelow(root, (path) => /[\\/]src[\\/]|tsconfig[^\\/]*\.json$|[\\/]scripts[\\/]build\.mjs$/.test(path))
const built = once('build', [...manifests, ...sources], () => run('building', process.execPath, ['scripts/build.mjs']))
if (!installed && !built) console.log('setup: up to date')
