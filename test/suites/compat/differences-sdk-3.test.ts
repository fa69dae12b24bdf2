// SPDX-License-Identifier: Apache-2.0
import * as sdk from '@spanring/sdk-3'
import { describeDifferences } from './describe-differences.js'

describeDifferences(sdk)
