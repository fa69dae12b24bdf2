// SPDX-License-Identifier: Apache-2.0

/** Options of node whose value is the next argument, unless it follows an `=`. */
const WITH_VALUE = new Set([
  '--import',
  '--require',
  '-r',
  '--loader',
  '--experimental-loader',
  '--conditions',
  '-C',
  '--env-file',
  '--env-file-if-exists',
  '--disable-warning',
  '--dns-result-order',
  '--icu-data-dir',
  '--inspect-port',
  '--max-http-header-size',
  '--openssl-config',
  '--title',
  '--unhandled-rejections',
])

/** The first argument that is neither an option of node nor the value of one. Node would run it as the program. */
export function firstArgument(args: readonly string[]): string | undefined {
  return args.find((arg, index) => !arg.startsWith('-') && !WITH_VALUE.has(args[index - 1] ?? ''))
}
