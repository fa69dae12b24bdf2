// SPDX-License-Identifier: Apache-2.0
import { BatchSpanProcessor } from '@spanring/batch-span-processor'
import * as sdk from '@spanring/sdk-2'
import { describeDropIn } from './describe-drop-in.js'

describeDropIn(sdk, (exporter, options) => new BatchSpanProcessor(exporter, options))
