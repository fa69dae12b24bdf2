// SPDX-License-Identifier: Apache-2.0
// Where the time goes: `npm run bench:profile -- 'spanring · SDK 2.12'`. Leaves a CPU and a heap profile in benchmarks/profiles,
// for the developer tools of a browser, and prints the hottest functions.
import { mkdirSync, readFileSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ALL_PAIRS, nameOf, onEveryLine } from './contender.js'
import { playOnce } from './end-to-end/play.js'
import type { Scenario } from './end-to-end/scenario.js'
import { figure, markdownTable } from './markdown-table.js'

interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
  }[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

const HOTTEST = 10
const SCENARIO: Scenario = {
  name: 'profile',
  title: '10,000 spans/s, a healthy backend',
  contenders: [],
  rounds: 1,
  load: { kind: 'rate', perSecond: 10_000, seconds: 10 },
  warmupSeconds: 2,
}

const wanted = process.argv[2]
const contender = onEveryLine(ALL_PAIRS).find((known) => nameOf(known) === wanted)
if (contender === undefined) {
  console.error(`npm run bench:profile -- CONTENDER, which is one of\n${onEveryLine(ALL_PAIRS).map(nameOf).join('\n')}`)
  process.exitCode = 2
} else {
  const directory = fileURLToPath(new URL('../../profiles/', import.meta.url))
  mkdirSync(directory, { recursive: true })
  const name = nameOf(contender).replaceAll(/[^a-z0-9.]+/gi, '-')
  const flags = ['--cpu-prof', `--cpu-prof-dir=${directory}`, `--cpu-prof-name=${name}.cpuprofile`]
  flags.push('--heap-prof', `--heap-prof-dir=${directory}`, `--heap-prof-name=${name}.heapprofile`)
  console.error(`${nameOf(contender)} for ${SCENARIO.load.seconds} s …`)
  const run = await playOnce(SCENARIO, contender, 1, flags)
  const files = readdirSync(directory).filter((file) => file.startsWith(`${name}.`))
  console.log(`benchmarks/profiles: ${files.join(', ')}`)
  console.log(`${run.ended} spans ended, ${run.delivered} delivered\n`)
  console.log(hottest(JSON.parse(readFileSync(join(directory, `${name}.cpuprofile`), 'utf8')) as CpuProfile))
}

/** By their own time, without what they call. The load and the SDK are in it, as they are in an application. */
function hottest({ nodes, samples, timeDeltas }: CpuProfile): string {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]))
  const micros = new Map<string, number>()
  let busy = 0
  for (const [index, id] of samples.entries()) {
    const frame = frames.get(id)
    const delta = timeDeltas[index] ?? 0
    if (frame === undefined || frame.functionName === '(idle)') continue
    busy += delta
    const where = frame.url === '' ? '' : ` · ${basename(frame.url)}:${frame.lineNumber + 1}`
    const key = `${frame.functionName || '(anonymous)'}${where}`
    micros.set(key, (micros.get(key) ?? 0) + delta)
  }
  const rows = [...micros]
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, HOTTEST)
    .map(([key, own]) => [key, figure(own / 1000), figure((own / busy) * 100)])
  return markdownTable(['function', 'own ms', '% of busy time'], rows)
}
