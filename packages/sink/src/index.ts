// SPDX-License-Identifier: Apache-2.0
export const placeholder = 1
