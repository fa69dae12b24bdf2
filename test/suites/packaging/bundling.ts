// SPDX-License-Identifier: Apache-2.0
// Bundles of programs that have our packages installed.
import { writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { rollup } from 'rollup'
import type { InputOption, OutputOptions } from 'rollup'
import webpack from 'webpack'
import type { Configuration } from 'webpack'

/** undici, which is CommonJS, asks for modules of Node.js by require; a bundle that is an ES module has none by itself. */
export const REQUIRE = { js: "import { createRequire as r } from 'node:module'; const require = r(import.meta.url);" }

/** Puts our packages and the program into the bundle, and nothing else. Gives the warnings of rollup. */
export async function bundleByRollup(dir: string, input: InputOption, output: OutputOptions): Promise<string[]> {
  const ours = /^@spanring\/|^[./]/
  const warnings: string[] = []
  const bundle = await rollup({
    input,
    external: (id) => !ours.test(id),
    plugins: [
      {
        name: 'resolve',
        resolveId: (id, from = join(dir, 'entry')) => (id.startsWith('@spanring/') ? resolveModule(id, from) : null),
      },
    ],
    onwarn: ({ message }) => warnings.push(message),
  })
  await bundle.write(output)
  await bundle.close()
  return warnings
}

/** Puts everything into the bundle, in that format. Gives the errors and warnings of webpack. */
export async function bundleByWebpack(
  dir: string,
  format: 'commonjs' | 'module',
  entry: Readonly<Record<string, string>>,
  path: string,
): Promise<string[]> {
  const isModule = format === 'module'
  const configuration: Configuration = {
    // As fast as it can be: what is tested is which files there are, and that they run.
    mode: 'development',
    devtool: false,
    target: 'node',
    context: dir,
    entry,
    experiments: { outputModule: isModule },
    output: { path, filename: '[name].js', ...(isModule && { module: true, chunkFormat: 'module' }) },
  }
  const compiler = webpack(configuration)
  const stats = await promisify(compiler.run.bind(compiler))()
  await promisify(compiler.close.bind(compiler))()
  await writeFile(join(path, 'package.json'), JSON.stringify({ type: format }))
  const { errors = [], warnings = [] } = stats?.toJson({ all: false, errors: true, warnings: true }) ?? {}
  return [...errors, ...warnings].map(({ message }) => message)
}

/** The ES module of a package, which is what a bundler takes. */
function resolveModule(id: string, from: string): string {
  return createRequire(from)
    .resolve(id)
    .replace(/([\\/])dist([\\/])cjs([\\/])/, '$1dist$2esm$3')
}
