// SPDX-License-Identifier: Apache-2.0
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'

const ACTIONS = ['list', 'replay', 'empty'] as const

export interface SpoolArguments {
  readonly action: (typeof ACTIONS)[number]
  readonly directory: string
  readonly endpoint: string | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly isConfirmed: boolean
  readonly isJson: boolean
  readonly waitMillis: number
}

/** Longer than it takes to know whether a process is dead that cannot be asked for. */
const WAIT_SECONDS = 45
const DIRECTORY = 'SPANRING_SPOOL_DIRECTORY'
const OPTIONS = {
  list: { json: { type: 'boolean' } },
  replay: { endpoint: { type: 'string' }, header: { type: 'string', multiple: true }, wait: { type: 'string' } },
  empty: { yes: { type: 'boolean' }, wait: { type: 'string' } },
} as const

/** What is wrong, as a sentence, if something is. Header values are in none of them. */
export function parseArguments(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): SpoolArguments | string {
  const [name, ...rest] = args
  const action = ACTIONS.find((one) => one === name)
  if (action === undefined) return name === undefined ? 'what is to be done is missing' : `${name} is not list, replay or empty`
  let parsed: ReturnType<typeof parse>
  try {
    parsed = parse(action, rest)
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  const { values, positionals } = parsed
  const [directory = env[DIRECTORY], tooMuch] = positionals
  // Not which: it may be the half of a header whose value was not quoted.
  if (tooMuch !== undefined) return 'only one directory can be given; a value with spaces has to be quoted'
  if (directory === undefined || directory === '') return `name the directory, or set ${DIRECTORY}`
  if (values.endpoint !== undefined && !/^https?:\/\//.test(values.endpoint))
    return '--endpoint must start with http:// or https://'
  const headers = headersOf(values.header ?? [])
  if (headers === undefined) return '--header must be name=value'
  const seconds = values.wait === undefined ? WAIT_SECONDS : Number(values.wait)
  if (!(seconds >= 0)) return '--wait must be a number of seconds'
  return {
    action,
    directory: resolve(directory),
    endpoint: values.endpoint,
    headers,
    isConfirmed: values.yes === true,
    isJson: values.json === true,
    waitMillis: seconds * 1000,
  }
}

interface Parsed {
  readonly values: {
    readonly endpoint?: string | undefined
    readonly header?: readonly string[] | undefined
    readonly wait?: string | undefined
    readonly yes?: boolean | undefined
    readonly json?: boolean | undefined
  }
  readonly positionals: readonly string[]
}

function parse(action: SpoolArguments['action'], args: readonly string[]): Parsed {
  return parseArgs({ args: [...args], options: OPTIONS[action], allowPositionals: true }) as unknown as Parsed
}

function headersOf(texts: readonly string[]): Record<string, string> | undefined {
  const headers: Record<string, string> = {}
  for (const text of texts) {
    const at = text.indexOf('=')
    if (at < 1) return undefined
    headers[text.slice(0, at).trim()] = text.slice(at + 1).trim()
  }
  return headers
}
