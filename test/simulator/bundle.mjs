// SPDX-License-Identifier: Apache-2.0
// Puts the simulator and the sources that it simulates into one file, with one bug of mutations.mjs if one is asked for.
import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { mutations } from './mutations.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
const packages = join(here, '../../packages')

/** Resolves to the address of the bundle of one entry in `src`. */
export async function bundle(entry, mutationName) {
  const name = mutationName === undefined ? entry : `${entry}-${mutationName.replaceAll(' ', '-')}`
  const outfile = join(here, 'dist', `${name}.cjs`)
  await build({
    entryPoints: [join(here, 'src', `${entry}.ts`)],
    outfile,
    bundle: true,
    // Not an ES module: undici is not one.
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    sourcemap: 'inline',
    // Where the file of the export thread is, which is not started here.
    define: { 'import.meta.url': '"file:///simulated"' },
    plugins: mutationName === undefined ? [] : [mutate(mutationName)],
    logLevel: 'warning',
  })
  return pathToFileURL(outfile)
}

function mutate(name) {
  const mutation = mutations.find((one) => one.name === name)
  if (mutation === undefined) throw new RangeError(`there is no mutation ${JSON.stringify(name)}; see mutations.mjs`)
  return {
    name: 'mutate',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        if (relative(packages, path).replaceAll('\\', '/') !== mutation.file) return undefined
        const source = readFileSync(path, 'utf8')
        if (source.split(mutation.find).length !== 2) {
          throw new Error(`mutation ${name}: ${mutation.file} must contain this text once: ${mutation.find}`)
        }
        return { contents: source.replace(mutation.find, () => mutation.replace), loader: 'ts' }
      })
    },
  }
}
