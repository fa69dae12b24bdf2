// SPDX-License-Identifier: Apache-2.0
// npm run simulate: bundles the simulator, with a bug on purpose if that is asked for, and runs it.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { bundle } from './bundle.mjs'
import { mutations } from './mutations.mjs'

const args = process.argv.slice(2)
const at = args.indexOf('--mutation')
const wanted = at === -1 ? undefined : args.splice(at, 2)[1]

/** Resolves to the exit code. */
async function simulate(mutation, given) {
  const file = await bundle('main', mutation)
  const child = spawn(process.execPath, ['--enable-source-maps', fileURLToPath(file), ...given], { stdio: 'inherit' })
  return new Promise((resolve) => child.on('exit', (code, signal) => resolve(signal === null ? code : 1)))
}

if (wanted === undefined) {
  process.exitCode = await simulate(undefined, args)
} else {
  const names = wanted === 'all' ? mutations.map(({ name }) => name) : [wanted]
  const missed = []
  for (const name of names) {
    console.log(`mutation ${JSON.stringify(name)}: ${mutations.find((one) => one.name === name)?.what}`)
    const code = await simulate(name, ['--until-found', ...args])
    if (code !== 0) missed.push(name)
  }
  if (missed.length > 0) {
    console.log(`NOT FOUND: ${missed.join(', ')}`)
    process.exitCode = 1
  }
}
