// SPDX-License-Identifier: Apache-2.0
import { COMBINATIONS, FORMATS, RUNTIMES, SDK_LINES } from './axes.js'
import type { CellOutcome } from './cell-outcome.js'
import { EXPLANATIONS } from './explanations.js'

/** docs/compatibility.md, whole. */
export function renderDocument(cells: readonly CellOutcome[], lineDifferences: readonly string[]): string {
  const red = cells.filter(({ fault }) => fault !== undefined)
  return `# Compatibility

The same traced program, 700 spans with everything that a span can carry, on every SDK line, runtime, module format, exporter and processor: ${cells.length} cells, each with a receiver of its own. A
cell is green (✓) if the spans that arrived are those that the stock processor and the stock protobuf exporter of the same SDK line deliver on ${RUNTIMES[0]?.name}, each of them once and the same in every field.
Each place in the table has two cells, ES modules first and CommonJS second. *spanring thread* is the protobuf exporter with \`worker: true\`, which sends from a thread of its own. In a cell in brackets
no thread could be started: a warning said so, and the spans were sent from the thread of the application.

SDK 3 asks for Node 22.15 or later; on Node 20 it runs all the same.

Repeat it with \`npm run test:compat\`, which rewrites this file. Everything it needs comes from npm, the versions of Node.js too.

| SDK | exporter | processor | ${RUNTIMES.map(({ name }) => name).join(' | ')} |
| --- | --- | --- | ${RUNTIMES.map(() => '---').join(' | ')} |
${rows(cells).join('\n')}

${cells.length - red.length} of ${cells.length} cells are green.

## What is not green

${explained(red).join('\n')}

## What the SDK lines themselves deliver differently

${lineDifferences.length === 0 ? 'Nothing: the reference is the same on every line.' : lineDifferences.map((line) => `- ${line}`).join('\n')}

## Versions

${RUNTIMES.map(({ name, version }) => `- ${name}: ${version}`).join('\n')}
${SDK_LINES.map(({ name, packages }) => `- SDK ${name}: ${packageList(packages)}`).join('\n')}
`
}

function rows(cells: readonly CellOutcome[]): string[] {
  return SDK_LINES.flatMap((sdk) =>
    COMBINATIONS.map(({ exporter, processor }) => {
      const columns = RUNTIMES.map((runtime) =>
        FORMATS.map((format) => {
          const cell = cells.find(
            (other) =>
              other.sdk === sdk.name &&
              other.runtime === runtime.name &&
              other.format === format &&
              other.exporter === exporter &&
              other.processor === processor,
          )
          return cell === undefined ? '–' : textOf(cell)
        }).join(' '),
      )
      return `| ${[sdk.name, exporter, processor, ...columns].join(' | ')} |`
    }),
  )
}

function textOf(cell: CellOutcome): string {
  const text = cell.fault === undefined ? '✓' : `✗${numberOf(cell)}`
  return cell.hasFallenBack ? `(${text})` : text
}

/** Of the explanation, as in the list below the table. */
function numberOf(cell: CellOutcome): string {
  const index = EXPLANATIONS.findIndex(({ applies }) => applies(cell))
  return index < 0 ? '?' : `<sup>${index + 1}</sup>`
}

function explained(red: readonly CellOutcome[]): string[] {
  if (red.length === 0) return ['Nothing.']
  return EXPLANATIONS.map(({ applies, why }, index) => {
    const cells = red.filter((cell) => applies(cell))
    const said = [...new Set(cells.map(({ fault }) => fault))].slice(0, 3).map((fault) => `\`${fault}\``)
    return `${index + 1}. ${why} ${cells.length} cells; seen: ${said.join(', ')}.`
  })
}

function packageList(packages: Readonly<Record<string, string>>): string {
  return Object.entries(packages)
    .map(([name, version]) => `\`${name.replace('@opentelemetry/', '')}\` ${version}`)
    .join(', ')
}
