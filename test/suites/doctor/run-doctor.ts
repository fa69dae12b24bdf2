// SPDX-License-Identifier: Apache-2.0
import type { Application } from '@spanring/test-kit/application'
import { Program } from '@spanring/test-kit/program'

export const DOCTOR: URL = new URL('../../../packages/node/dist/esm/cli.js', import.meta.url)

export interface Diagnosis {
  readonly code: number | null
  /** Everything that the doctor has written. */
  readonly text: string
}

/** The doctor with these options of Node.js, in the place of the application, for a backend at `endpoint`. */
export async function runDoctor(
  application: Application,
  options: readonly string[],
  endpoint: string,
  env: Readonly<Record<string, string>>,
): Promise<Diagnosis> {
  const program = new Program(DOCTOR, ['doctor', ...options], {
    cwd: application.dir,
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_NODE_RESOURCE_DETECTORS: 'env', ...env },
  })
  const { code, stdout, stderr } = await program.ended
  return { code, text: stdout + stderr }
}
