// SPDX-License-Identifier: Apache-2.0
// The rules of DESIGN.md that a look at the source can hold: what a rule allows in one file stands in no other.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, posix, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** The code of both packages without its comments, by path. */
const sources = new Map(
  ['batch-span-processor', 'core'].flatMap((name) =>
    readdirSync(`${root}${name}/src`, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file): [string, string] => [
        `${name}/${file.split(sep).join('/')}`,
        readFileSync(`${root}${name}/src/${file}`, 'utf8').replaceAll(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, ''),
      ]),
  ),
)

function filesWith(pattern: RegExp): string[] {
  return [...sources].filter(([, text]) => pattern.test(text)).map(([file]) => file)
}

test.each<[string, RegExp, string[]]>([
  [
    'R1: only the clock knows the timers of the platform',
    /\b(set(Timeout|Immediate|Interval)|queueMicrotask|nextTick)\b|\bAbortSignal\.timeout/,
    ['core/clock.ts'],
  ],
  [
    'R1: only bounded waits and the timer of the loop start a timer',
    /\.startTimer\(/,
    ['batch-span-processor/loop/loop-timer.ts', 'core/bounded.ts'],
  ],
  ['R1: nothing races promises', /\bPromise\.(race|any)\b/, []],
  ['R2: only one class calls the export of an exporter', /\.export\(/, ['batch-span-processor/export/whole-batch-exporter.ts']],
  ['R2: only one class sends a batch', /\bbatch\.send\(/, ['batch-span-processor/export/exports-in-flight.ts']],
  ['a batch is closed in one place', /\.batch\.close\b/, ['batch-span-processor/batching/batch-assembler.ts']],
  ['R2: the mode is written once', /#mode = /, ['batch-span-processor/loop/drain-loop.ts']],
  ['R2: "blocked" is a mode of the loop alone', /'blocked'/, ['batch-span-processor/loop/drain-loop.ts']],
  [
    'R4: only the ledger writes a count',
    /(\+\+|--)?\b(this|ledger|counts)\.(ended|exported|queued|encoded|inFlight|stored|kept|(dropped|failed)(\.\w+|\[[^\]]+\])) ?(=[^=]|[-+]=|\+\+|--)|(\+\+|--)[\w.#]*\.(ledger|counts)\./,
    ['batch-span-processor/accounting/ledger.ts'],
  ],
  ['R5: only admission puts a span into the ring', /\.offer\(/, ['batch-span-processor/queue/admission.ts']],
  [
    'R7 and I2: only the drain of a hidden page lets arrays overlap',
    /\.mayOverlap = /,
    ['batch-span-processor/loop/drain-loop.ts'],
  ],
])('%s', (_rule, pattern, expected) => {
  expect(filesWith(pattern)).toEqual(expected)
})

test('R2: the mode changes in one place', () => {
  expect(sources.get('batch-span-processor/loop/drain-loop.ts')?.match(/#mode = /g)).toHaveLength(1)
})

test.each(['batch-span-processor', 'otlp-exporter', 'node', 'sink'])(
  'in %s no two folders import each other, but for one inside the other',
  (name) => {
    const src = `${root}${name}/src/`
    const imports = new Map<string, Set<string>>()
    for (const file of readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'))) {
      const folder = dirname(file.split(sep).join('/'))
      for (const [, path = ''] of readFileSync(src + file, 'utf8').matchAll(/from '(\.[^']*)'/g)) {
        const imported = posix.dirname(posix.join(folder, path))
        if (imported !== folder) imports.set(folder, (imports.get(folder) ?? new Set()).add(imported))
      }
    }
    expect(imports.size).toBeGreaterThan(0)
    const isInside = (a: string, b: string): boolean => b === '.' || a.startsWith(`${b}/`)
    const circles = [...imports].flatMap(([from, all]) =>
      [...all].filter((to) => imports.get(to)?.has(from) && !isInside(from, to) && !isInside(to, from)).map((to) => [from, to]),
    )
    expect(circles).toEqual([])
  },
)
