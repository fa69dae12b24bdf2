// SPDX-License-Identifier: Apache-2.0

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * The trimmed value of a variable; undefined if it is unset or empty, which the specification treats alike
 * (configuration/common). A variable that may not be read, as in Deno without `--allow-env`, counts as unset.
 */
export function readVariable(env: Environment, name: string): string | undefined {
  try {
    return env[name]?.trim() || undefined
  } catch {
    return undefined
  }
}

/** An OTLP setting has two variables. Returns those that are set, the one for traces first. */
export function otlpVariables(env: Environment, name: string): [variable: string, text: string][] {
  return [`OTEL_EXPORTER_OTLP_TRACES_${name}`, `OTEL_EXPORTER_OTLP_${name}`].flatMap((variable) => {
    const text = readVariable(env, variable)
    return text === undefined ? [] : [[variable, text] as [string, string]]
  })
}
