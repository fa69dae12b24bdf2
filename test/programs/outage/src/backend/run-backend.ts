// SPDX-License-Identifier: Apache-2.0
// The process of the backend: answers the questions of its parent, one after the other.
import { Deliveries } from './deliveries.js'
import { figuresOf } from './figures.js'
import type { Answer, Question } from './messages.js'
import { Receiver } from './receiver.js'

let deliveries = new Deliveries(0)
let receiver = new Receiver(deliveries)

process.on('message', (question: Question) => {
  void answer(question)
})
process.on('disconnect', () => process.exit())

async function answer(question: Question): Promise<void> {
  const more = await act(question)
  const { firstMillis, errors } = receiver
  const said: Answer = { ...more, at: Date.now(), delivered: deliveries.delivered, firstMillis, errors }
  process.send?.(said)
}

async function act(question: Question): Promise<Pick<Answer, 'url' | 'figures'>> {
  switch (question.ask) {
    case 'start':
      deliveries = new Deliveries(question.capacity)
      receiver = new Receiver(deliveries)
      return { url: await receiver.start() }
    case 'go away':
      await receiver.goAway()
      return {}
    case 'come back':
      await receiver.comeBack()
      return {}
    case 'figures':
      return { figures: figuresOf(deliveries, question.timeline, question.ranges, receiver.firstMillis) }
    case 'delivered':
      return {}
  }
}
