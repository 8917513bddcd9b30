// SPDX-License-Identifier: MPL-2.0
//
// room.mjs: a room in the terminal. Prints what is said, says what is typed.
//
//     npm install && node room.mjs ID [ROOM [URL]]
//
// Nothing is missed and nothing said twice, also when the connection breaks or
// the broker is restarted: what was not answered is sent again under its old
// number, and a gap in what is read is filled from the history.
import { randomUUID } from "node:crypto"
import { createInterface } from "node:readline"
import { decode, encode } from "@msgpack/msgpack"
import { Dealer } from "zeromq"

const [me, room = "lobby", url = "tcp://127.0.0.1:7480"] =
  process.argv.slice(2)
if (!me) {
  console.error("usage: node room.mjs ID [ROOM [URL]]")
  process.exit(2)
}

const WINDOW = 200 // messages unanswered at a time; the protocol allows 256
const dealer = new Dealer({ linger: 0, immediate: true, probeRouter: true })
const hello = { op: "hello", v: 1, id: me, lane: randomUUID() }
const waiting = new Map() // n -> what was not answered yet, in order
let n = 0
let last // the newest seq that was printed
let welcome = false
let ponged = true
let beat
let answered = () => {}

let sending = Promise.resolve() // the socket takes one send at a time
function send(message) {
  sending = sending.then(() => dealer.send(encode([message])))
}

function print(m) {
  if (m.seq <= last) return // had it
  last = m.seq ?? last
  // Others' text may hold control characters: not for a terminal.
  console.log(`${m.from}: ${(m.text ?? "").replace(/\p{Cc}/gu, " ")}`)
}

function repair() {
  send({ op: "history", room, after: last })
}

function ping() {
  if (ponged) send({ op: "ping" })
  ponged = false
}

const on = {
  welcome(m) {
    welcome = ponged = true
    hello.resume = m.resume
    clearInterval(beat)
    beat = setInterval(ping, m.beat)
    send({ op: "join", room, direct: true })
    for (const message of waiting.values()) send(message)
  },
  joined(m) {
    console.error(`-- ${m.room}: ${m.members ?? m.count}`)
    last ??= m.head
    on.tick(m)
  },
  tick(m) {
    if (m.head > last) repair() // we were away, or too slow for some
  },
  say(m) {
    if (m.prev > last) repair()
    else print(m)
  },
  history(m) {
    m.messages.forEach(print)
    last = Math.max(last, m.upto)
    if (m.more) repair()
  },
  pong() {
    ponged = true
  },
  ok(m) {
    waiting.delete(m.n)
    answered()
  },
  error(m) {
    if (m.code === "no-session") {
      if (m.n !== undefined) return // it is sent again after the welcome
      welcome = false
      send(hello) // this answered the probe
      return
    }
    console.error(`-- ${m.text} (${m.code})`)
    if (!welcome) process.exit(1)
    on.ok(m)
  },
  bye(m) {
    if (m.why === "replaced") process.exit(1)
  },
}

async function waitingBelow(limit) {
  while (waiting.size >= limit) await new Promise(done => (answered = done))
}

async function listen() {
  for await (const [frame] of dealer)
    for (const m of decode(frame)) on[m.op]?.(m)
}

dealer.connect(url)
listen()
for await (const text of createInterface({ input: process.stdin })) {
  await waitingBelow(WINDOW)
  waiting.set(++n, { op: "say", room, text, n })
  if (welcome) send(waiting.get(n))
}
await waitingBelow(1)
process.exit(0)
