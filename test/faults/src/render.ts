// SPDX-License-Identifier: Apache-2.0
import { table } from './document.js'
import type { Rows } from './document.js'
import { SCENARIOS } from './scenarios/index.js'

const HEADER = ['#', 'fault', 'stock, SDK 2.12', 'stock, SDK 3.1', 'spanring, SDK 2.12']

/** The document from the rows that are known. */
export function render(rows: Rows): string {
  const faults = SCENARIOS.map(({ id, title }) => rows.get(id) ?? [id, title, 'not run yet', 'not run yet', 'not run yet'])
  return `# Faults

What three span pipelines do when things go wrong: the stock BatchSpanProcessor and OTLP/protobuf exporter of SDK 2.12 and of SDK 3.1, and spanring's two on SDK 2.12. Every row is a program in a process of its own, with real
sockets, processes and time. \`npm run faults\` runs them all and writes this file; \`npm run faults -- 12 17\` runs single rows. What must not happen is in bold.

${table(HEADER, faults)}
`
}
