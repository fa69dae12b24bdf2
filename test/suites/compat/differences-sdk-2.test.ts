// SPDX-License-Identifier: Apache-2.0
import * as sdk from '@spanring/sdk-2'
import { describeDifferences } from './describe-differences.js'

describeDifferences(sdk)
