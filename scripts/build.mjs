// SPDX-License-Identifier: Apache-2.0
// TypeScript to ES modules and types for every package; then, for the published ones, the code that they share, and CommonJS.
import { spawnSync } from 'node:child_process'
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** The package that is copied, and never published. */
const CORE = '@spanring/core'
const root = fileURLToPath(new URL('..', import.meta.url))
const tsc = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-b', ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
})
if (tsc.status !== 0) process.exit(tsc.status ?? 1)

for (const name of readdirSync(join(root, 'packages'))) {
  const dir = join(root, 'packages', name)
  const manifest = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'))
  if (manifest.private) continue
  if (CORE in manifest.devDependencies) copyCore(dir)
  await buildCommonJs(dir)
}

/**
 * Gives a package a copy of what it shares with others, in `dist/esm/core`, and points its imports there. So there is one
 * source and one type for each, and no dependency that users would have to install.
 */
function copyCore(dir) {
  const esm = join(dir, 'dist/esm')
  const core = join(esm, 'core')
  rmSync(core, { recursive: true, force: true })
  cpSync(join(root, 'packages/core/dist/esm'), core, { recursive: true })
  for (const file of readdirSync(esm, { recursive: true }).map((name) => join(esm, name))) {
    if (!/\.(js|d\.ts)$/.test(file)) continue
    const text = readFileSync(file, 'utf8')
    const path = relative(dirname(file), join(core, 'index.js')).split(sep).join('/')
    const rewritten = text.replaceAll(`'${CORE}'`, `'${path.startsWith('.') ? path : `./${path}`}'`)
    if (rewritten !== text) writeFileSync(file, rewritten)
  }
}

/**
 * Transforms file by file, so that both formats have the same modules. Not `tsc` a second time: it rejects
 * `import.meta` in CommonJS output, which the address of a worker file needs.
 */
async function buildCommonJs(dir) {
  const esm = join(dir, 'dist/esm')
  const cjs = join(dir, 'dist/cjs')
  const files = readdirSync(esm, { recursive: true }).map(String)
  rmSync(cjs, { recursive: true, force: true })
  const entryPoints = files.filter((file) => file.endsWith('.js')).map((file) => join(esm, file))
  const usesUrl = entryPoints.some((file) => readFileSync(file, 'utf8').includes('import.meta.url'))
  await build({
    entryPoints,
    outdir: cjs,
    outbase: esm,
    format: 'cjs',
    // Writes the names of exports in a form that Node.js reads without running the file, so that ES modules can import them.
    platform: 'node',
    target: 'node20',
    logLevel: 'warning',
    ...(usesUrl && {
      define: { 'import.meta.url': '__moduleUrl' },
      banner: { js: "'use strict';const __moduleUrl=require('node:url').pathToFileURL(__filename).href;" },
    }),
  })
  // Declarations are the same text in both formats; the package.json beside them makes them CommonJS.
  for (const file of files) if (file.endsWith('.d.ts')) cpSync(join(esm, file), join(cjs, file))
  writeFileSync(join(cjs, 'package.json'), '{"type":"commonjs"}\n')
}
