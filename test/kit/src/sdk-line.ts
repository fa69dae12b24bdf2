// SPDX-License-Identifier: Apache-2.0
import type * as sdk2 from '@spanring/sdk-2'
import type * as sdk3 from '@spanring/sdk-3'

/** One line of the OpenTelemetry SDK, taken as data. Both share globals, so a test file imports one of them only. */
export type SdkLine = typeof sdk2 | typeof sdk3
