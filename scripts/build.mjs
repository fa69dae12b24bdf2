// SPDX-License-Identifier: Apache-2.0
// TypeScript to ES modules and types for every package; then, for the published ones, the code that they share, and CommonJS.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** The package that is copied, and never published. */
const CORE = '@spanring/core'
const root = fileURLToPath(new URL('..', import.meta.url))
const packages = readdirSync(join(root, 'packages')).map((name) => {
  const dir = join(root, 'packages', name)
  return { esm: join(dir, 'dist/esm'), src: join(dir, 'src'), ...JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')) }
})
const published = packages.filter((manifest) => !manifest.private)

// The compiler reads its own output again, as it has left it.
for (const { esm } of published) {
  pointImports(esm, /'(?:\.{1,2}\/)+core\/([\w-]+)\.js'/g, (_file, module) => (module === 'index' ? CORE : `${CORE}/${module}`))
}
const tsc = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-b', ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
})
// Also after an error: what is there must not be packed with imports that only resolve in the workspace.
for (const { esm, src } of packages) removeStale(esm, src)
for (const { esm, devDependencies } of published) if (CORE in devDependencies) copyCore(esm)
if (tsc.status !== 0) process.exit(tsc.status ?? 1)
for (const { esm } of published) await buildCommonJs(esm)
await bundleThread(join(root, 'packages/otlp-exporter/dist'))

/** The compiler leaves what it made of files that were moved or removed since, and `npm pack` would take it along. */
function removeStale(esm, src) {
  for (const file of modulesIn(esm)) {
    const isCopy = dirname(file) === join(esm, 'core')
    if (!isCopy && !existsSync(join(src, relative(esm, file).replace(/\.(d\.ts|js)$/, '.ts')))) rmSync(file)
  }
}

/**
 * Gives a package a copy of what it shares with others, in `dist/esm/core`, and points its imports there. So there is one
 * source and one type for each, and no dependency that users would have to install.
 */
function copyCore(esm) {
  const core = join(esm, 'core')
  const source = join(root, 'packages/core/dist/esm')
  if (!existsSync(source)) return
  rmSync(core, { recursive: true, force: true })
  cpSync(source, core, { recursive: true })
  pointImports(esm, new RegExp(`'${CORE}(?:/([\\w-]+))?'`, 'g'), (file, module = 'index') => {
    const path = relative(dirname(file), join(core, `${module}.js`))
      .split(sep)
      .join('/')
    return path.startsWith('.') ? path : `./${path}`
  })
}

/** Replaces specifiers of imports, in modules and declarations. `from` captures the name of the module that is imported. */
function pointImports(esm, from, to) {
  for (const file of modulesIn(esm)) {
    const text = readFileSync(file, 'utf8')
    const pointed = text.replaceAll(from, (_specifier, module) => `'${to(file, module)}'`)
    if (pointed !== text) writeFileSync(file, pointed)
  }
}

function modulesIn(esm) {
  if (!existsSync(esm)) return []
  const files = readdirSync(esm, { recursive: true }).map((file) => join(esm, file))
  return files.filter((file) => /\.(js|d\.ts)$/.test(file))
}

/**
 * Transforms file by file, so that both formats have the same modules. Not `tsc` a second time: it rejects
 * `import.meta` in CommonJS output, which the address of a worker file needs.
 */
async function buildCommonJs(esm) {
  const cjs = join(esm, '../cjs')
  const files = readdirSync(esm, { recursive: true }).map(String)
  rmSync(cjs, { recursive: true, force: true })
  const modules = files.filter((file) => file.endsWith('.js')).map((file) => join(esm, file))
  const options = {
    outdir: cjs,
    outbase: esm,
    format: 'cjs',
    // Writes the names of exports in a form that Node.js reads without running the file, so that ES modules can import them.
    platform: 'node',
    target: 'node20',
    // `import()` becomes `require`: left as it is, it would load the ES module from CommonJS, and fail in Jest and other vm contexts.
    supported: { 'dynamic-import': false },
    logLevel: 'warning',
  }
  const usesUrl = (file) => readFileSync(file, 'utf8').includes('import.meta.url')
  await build({ ...options, entryPoints: modules.filter((file) => !usesUrl(file)) })
  await build({
    ...options,
    entryPoints: modules.filter(usesUrl),
    define: { 'import.meta.url': '__moduleUrl' },
    // In a bundle that is an ES module there is no `__filename`, and loading it must not fail for that.
    banner: {
      js: "'use strict';const __moduleUrl=typeof __filename==='string'?require('node:url').pathToFileURL(__filename).href:undefined;",
    },
  })
  // Declarations are the same text in both formats; the package.json beside them makes them CommonJS.
  for (const file of files) if (file.endsWith('.d.ts')) cpSync(join(esm, file), join(cjs, file))
  writeFileSync(join(cjs, 'package.json'), '{"type":"commonjs"}\n')
}

/**
 * One file in place of 60 for the export thread, which starts a third sooner with it: how soon counts in a process that exits
 * right after its first spans. The file keeps its place, and what other packages provide stays outside.
 */
async function bundleThread(dist) {
  await build({
    entryPoints: [join(dist, 'esm/thread/main.js')],
    outfile: join(dist, 'cjs/thread/main.js'),
    allowOverwrite: true,
    bundle: true,
    packages: 'external',
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    logLevel: 'warning',
  })
}
