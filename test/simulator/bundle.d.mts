// SPDX-License-Identifier: Apache-2.0
export function bundle(entry: string, mutationName?: string): Promise<URL>
