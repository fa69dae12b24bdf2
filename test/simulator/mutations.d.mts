// SPDX-License-Identifier: Apache-2.0
export const mutations: readonly {
  readonly name: string
  readonly what: string
  readonly file: string
  readonly find: string
  readonly replace: string
  readonly isSlow?: boolean
}[]
