// Prints what Node prints of errors and what its loggers print, a form feed behind each record.
const winston = require('winston')
const pino = require('pino')

const end = () => process.stdout.write('\f\n')

class CardError extends Error {
  constructor(order, options) {
    super(`card of order ${order} was declined`, options)
    this.name = 'CardError'
    this.code = 'E_CARD'
  }
}

const charge = (order) => {
  throw new CardError(order, { cause: new Error(`connect ECONNREFUSED 127.0.0.1:${5000 + order}`) })
}

async function settle(order) {
  await null
  charge(order)
}

async function main() {
  for (const order of [17, 42]) {
    try {
      await settle(order)
    } catch (error) {
      console.log(error.stack)
      end()
      console.log(error)
      end()
      pino({ base: { pid: 7, hostname: 'web-1' } }, pino.destination({ dest: 1, sync: true })).error({ err: error, order }, 'settlement failed')
      end()
    }
  }
  const { combine, timestamp, json, simple, printf, colorize } = winston.format
  for (const format of [
    combine(timestamp(), json()),
    simple(),
    combine(colorize(), timestamp(), printf((record) => `${record.timestamp} ${record.level}: ${record.message}`))
  ]) {
    const lines = []
    const stream = new (require('stream').Writable)({ write: (chunk, _, done) => { lines.push(String(chunk)); done() } })
    const logger = winston.createLogger({ format, transports: [new winston.transports.Stream({ stream })] })
    logger.warn('stock of A-1013 is low', { left: 3 })
    process.stdout.write(lines.join(''))
    end()
  }
}

main()
