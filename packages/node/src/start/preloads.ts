// SPDX-License-Identifier: Apache-2.0
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { isOwnFile } from '../own-files.js'

/**
 * What `--require` preloads, without the files of this package. Node.js runs these preloads again in the thread of the loader
 * hooks, as soon as that thread is needed. Empty if the command line needs the thread anyway. Preloads of `--import` run only
 * once.
 */
export function preloadsOfHooksThread(execArgv: readonly string[], nodeOptions: string): string[] {
  const args = [...wordsOf(nodeOptions), ...execArgv]
  if (valuesOf(args, ['--experimental-loader', '--loader']).length > 0) return []
  return valuesOf(args, ['--require', '-r']).filter((specifier) => !isOwn(specifier))
}

/** The values of options, in both forms: `--name value` and `--name=value`. */
function valuesOf(args: readonly string[], names: readonly string[]): string[] {
  return args.flatMap((arg, index) => {
    if (names.includes(arg)) return args.slice(index + 1, index + 2)
    const equals = arg.indexOf('=')
    return names.includes(arg.slice(0, equals)) ? [arg.slice(equals + 1)] : []
  })
}

/** Splits at spaces as Node.js does, but not between double quotes, where a backslash escapes the next character. */
function wordsOf(text: string): string[] {
  const words = text.match(/(?:"(?:\\.|[^"\\])*"|[^" ])+/g) ?? []
  return words.map((word) => word.replaceAll(/"((?:\\.|[^"\\])*)"/g, (_, quoted: string) => quoted.replaceAll(/\\(.)/g, '$1')))
}

function isOwn(specifier: string): boolean {
  try {
    return isOwnFile(createRequire(join(process.cwd(), 'package.json')).resolve(specifier))
  } catch {
    return false
  }
}
