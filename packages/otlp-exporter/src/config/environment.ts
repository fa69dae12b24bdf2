// SPDX-License-Identifier: Apache-2.0

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * A variable, without the spaces around it; undefined if it is unset or empty, which the specification treats alike
 * (configuration/common). Reading throws without permission, as in Deno without `--allow-env`; that counts as unset.
 */
export function readVariable(env: Environment, name: string): string | undefined {
  try {
    return env[name]?.trim() || undefined
  } catch {
    return undefined
  }
}

/** Those of the two variables of an OTLP setting that are set, the one for traces first. */
export function otlpVariables(env: Environment, name: string): [variable: string, text: string][] {
  return [`OTEL_EXPORTER_OTLP_TRACES_${name}`, `OTEL_EXPORTER_OTLP_${name}`].flatMap((variable) => {
    const text = readVariable(env, variable)
    return text === undefined ? [] : [[variable, text] as [string, string]]
  })
}
