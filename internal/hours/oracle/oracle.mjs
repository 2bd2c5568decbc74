// Reads questions as lines of JSON, answers each with a line of JSON.
// {value, place: {lat, lon, state}, at: [milliseconds], only: [milliseconds]} gives
// {answers: [{state, next}]} or {error}; those of only have no next. next is when the state (not the comment)
// changes, in milliseconds, null when it does not within five years. The clock is
// that of the environment's TZ.
import readline from 'node:readline'
import OpeningHours from 'opening_hours'

const fiveYears = 5 * 366 * 86400e3

function judge (hours, ms) {
  const from = new Date(ms)
  let state
  try {
    state = hours.getStateString(from, true)
    const limit = new Date(ms + fiveYears)
    const iterator = hours.getIterator(from)
    while (iterator.advance(limit)) {
      if (iterator.getStateString(true) !== state) return { state, next: iterator.getDate().getTime() }
    }
    return { state, next: null }
  } catch (error) {
    return { state, failure: String(error) }
  }
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  const { value, place, at, only } = JSON.parse(line)
  let answer
  try {
    const { lat, lon, state } = place
    const hours = new OpeningHours(value, { lat, lon, address: { country_code: 'fr', state } }, { mode: 0, locale: 'en' })
    answer = { answers: [...at.map(ms => judge(hours, ms)), ...only.map(ms => ({ state: hours.getStateString(new Date(ms), true) }))] }
  } catch (error) {
    answer = { error: String(error) }
  }
  process.stdout.write(JSON.stringify(answer) + '\n')
}
