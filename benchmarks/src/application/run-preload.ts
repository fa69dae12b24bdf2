// SPDX-License-Identifier: Apache-2.0
import { countSpans } from './count-spans.js'

await countSpans()
