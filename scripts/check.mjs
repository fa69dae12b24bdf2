// SPDX-License-Identifier: Apache-2.0
// Everything that can be said about the checkout without running it. Every check runs, also after one has failed; what
// a failing one has to say is printed.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const tarballs = mkdtempSync(join(tmpdir(), 'spanring-check-'))
const failed = []

function check(name, command, args, cwd = root) {
  const startedAt = performance.now()
  const { status, error, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8', env: toolEnvironment() })
  const isGood = status === 0
  console.log(`${isGood ? '✓' : '✗'} ${name} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`)
  if (isGood) return
  failed.push(name)
  const said = `${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`.trimEnd()
  console.log(said.replaceAll(/^/gm, '    '))
}

/** Runs a tool of the workspace by its file, so that nothing depends on a shell or on what is installed elsewhere. */
function checkWith(name, tool, args) {
  const dir = join(root, 'node_modules', tool)
  const { bin } = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'))
  const file = typeof bin === 'string' ? bin : Object.values(bin)[0]
  check(name, process.execPath, [join(dir, file), ...args])
}

/** `npm run` tells its children about the workspace root; npm pack then has opinions on the package it is to pack. */
function toolEnvironment() {
  const entries = Object.entries(process.env).filter(
    ([name]) => !/^(npm_(?!config_(cache|registry|userconfig)$)|INIT_CWD$)/i.test(name),
  )
  return { ...Object.fromEntries(entries), NO_COLOR: '1' }
}

function publishedPackages() {
  const dirs = readdirSync(join(root, 'packages')).map((name) => join(root, 'packages', name))
  const packages = dirs.map((dir) => ({ dir, ...JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')) }))
  return packages.filter((manifest) => !manifest.private)
}

try {
  check('set-up', process.execPath, ['scripts/setup.mjs'])
  checkWith('format', 'oxfmt', ['--check', '.'])
  checkWith('lint', 'oxlint', ['--type-aware'])
  checkWith('types of tests and programs', 'typescript', ['-p', 'tsconfig.test.json'])
  // With the libraries of both SDK lines: what a project of the last TypeScript before 7 compiles.
  const strict = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--module', 'nodenext', '--target', 'es2023']
  const types = ['--typeRoots', 'node_modules/@types', '--types', 'node', 'test/suites/compat/types.ts']
  check('types by TypeScript 5.9', process.execPath, ['test/suites/node_modules/typescript-5/bin/tsc', ...strict, ...types])
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  for (const { name, version, dir } of publishedPackages()) {
    const tarball = join(tarballs, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`)
    check(`pack ${name}`, npm, ['pack', '--pack-destination', tarballs], dir)
    checkWith(`publint ${name}`, 'publint', ['run', tarball, '--strict'])
    checkWith(`types of the tarball of ${name}`, '@arethetypeswrong/cli', [tarball])
  }
  checkWith('unused code and dependencies', 'knip', ['--no-progress'])
  check('no helper of the tests twice', process.execPath, ['scripts/check-copies.mjs'])
} finally {
  rmSync(tarballs, { recursive: true, force: true })
}

console.log(failed.length === 0 ? 'check: everything is in order' : `check: ${failed.length} failed: ${failed.join(', ')}`)
process.exitCode = failed.length === 0 ? 0 : 1
