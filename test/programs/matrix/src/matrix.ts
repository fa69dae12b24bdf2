// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ReceivedSpan } from '@spanring/sink'
import { FORMATS, REFERENCE, RUNTIMES, SDK_LINES } from './axes.js'
import type { Format, Runtime, SdkLine } from './axes.js'
import type { CellOutcome } from './cell-outcome.js'
import { renderDocument } from './document.js'
import { EXPLANATIONS } from './explanations.js'
import { cellFile, installLine, installRuntime, packOurs } from './install.js'
import type { Tarballs } from './install.js'
import { faultOf, fieldsThatDiffer, hasFallenBack } from './judge.js'
import { DOCUMENT, WORKSPACE } from './places.js'
import { runGroup } from './run-group.js'

/** The oldest and the newest Node.js, which is where things break. */
const QUICK = new Set(['Node 20', 'Node 26'])

const isQuick = process.argv.includes('--quick')
const runtimes = RUNTIMES.filter(({ name }) => !isQuick || QUICK.has(name))
// In the quick run one format each: the older lines as CommonJS, which is how they are used, the newer as ES modules.
const formatsOf = (sdk: SdkLine): readonly Format[] => (isQuick ? [sdk.name < '2.12' ? 'CommonJS' : 'ES modules'] : FORMATS)

const startedAt = performance.now()
const seconds = (): string => `${((performance.now() - startedAt) / 1000).toFixed(0)} s`

const executables = new Map<Runtime, string>()
for (const runtime of runtimes) {
  console.log(`${seconds()}: ${runtime.name}, ${runtime.package} ${runtime.version}`)
  // oxlint-disable-next-line no-await-in-loop -- one after the other
  executables.set(runtime, await installRuntime(runtime))
}
const tarballs = await packOurs()
const cells: CellOutcome[] = []
const references = new Map<string, readonly ReceivedSpan[]>()
// oxlint-disable-next-line no-await-in-loop -- one after the other
for (const sdk of SDK_LINES) await runLine(sdk, tarballs)

const red = cells.filter(({ fault }) => fault !== undefined)
const unexplained = red.filter((cell) => !EXPLANATIONS.some(({ applies }) => applies(cell)))
const stale = isQuick ? [] : EXPLANATIONS.filter(({ applies }) => !red.some((cell) => applies(cell)))
for (const { sdk, runtime, format, exporter, processor, fault } of unexplained)
  console.log(`✗ SDK ${sdk}, ${runtime}, ${format}, ${exporter} exporter, ${processor} processor: ${fault}`)
for (const { why } of stale) console.log(`✗ explains no red cell any more: ${why}`)
console.log(
  `${cells.length} cells in ${seconds()}: ${cells.length - red.length} green, ${red.length - unexplained.length} red and explained`,
)
if (!isQuick) {
  await writeFile(DOCUMENT, renderDocument(cells, differencesOfLines()))
  spawnSync(process.execPath, [join(WORKSPACE, 'node_modules/oxfmt/bin/oxfmt'), DOCUMENT], { cwd: WORKSPACE, stdio: 'inherit' })
}
process.exitCode = unexplained.length + stale.length === 0 ? 0 : 1

async function runLine(sdk: SdkLine, ours: Tarballs): Promise<void> {
  console.log(`${seconds()}: SDK ${sdk.name}`)
  const dir = await installLine(sdk, ours)
  for (const runtime of runtimes) {
    for (const format of formatsOf(sdk)) {
      const executable = executables.get(runtime) ?? ''
      // oxlint-disable-next-line no-await-in-loop -- the machine is small
      const results = await runGroup(executable, [...runtime.args, cellFile(format)], dir)
      const referenceCell = results.find(
        ({ exporter, processor }) => exporter === REFERENCE.exporter && processor === REFERENCE.processor,
      )
      const reference = references.get(sdk.name) ?? referenceCell?.spans ?? []
      references.set(sdk.name, reference)
      const place = { sdk: sdk.name, runtime: runtime.name, format }
      const outcomes = results.map((result) => {
        const { exporter, processor } = result
        const fault = reference.length === 0 ? 'there is no reference' : faultOf(result, reference)
        return { ...place, exporter, processor, fault, hasFallenBack: hasFallenBack(result) }
      })
      cells.push(...outcomes)
      const green = outcomes.filter(({ fault }) => fault === undefined).length
      console.log(`${seconds()}:   ${runtime.name}, ${format}: ${green} of ${outcomes.length} green`)
    }
  }
}

/** Not a matter of ours: what an application sees that goes from one SDK line to the next. */
function differencesOfLines(): string[] {
  const [[first, base] = ['', []], ...others] = references
  return others.flatMap(([name, spans]) => {
    const fields = new Set(spans.flatMap((span, index) => fieldsThatDiffer(span, base[index])))
    return fields.size === 0
      ? []
      : [`SDK ${name} against ${first}: ${[...fields].map((field) => `\`${field.slice(1)}\``).join(', ')}.`]
  })
}
