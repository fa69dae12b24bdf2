// SPDX-License-Identifier: Apache-2.0

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * The variables of an OTLP setting that are set, the one for traces first. An empty variable is an unset one
 * (specification, configuration/common).
 */
export function otlpVariables(env: Environment, name: string): [variable: string, text: string][] {
  return [`OTEL_EXPORTER_OTLP_TRACES_${name}`, `OTEL_EXPORTER_OTLP_${name}`].flatMap((variable) => {
    const text = env[variable]?.trim()
    return text === undefined || text === '' ? [] : [[variable, text] as [string, string]]
  })
}
