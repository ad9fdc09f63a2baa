// What one message costs the codec: `swift run -c release HTTPBenchmarks [ROUNDS [NAME]]`; with a name, only those that hold
// it.
//
// Each figure is the fastest of several rounds, in nanoseconds for one message: on a machine that others use, the
// minimum is what the code needs and the rest is what they took. What could not be read or written stops the program: its
// figures would be of nothing.

import ApusHTTP
import ApusRuntime

let rounds = CommandLine.arguments.count > 1 ? Int(CommandLine.arguments[1]) ?? 20 : 20
let wanted = CommandLine.arguments.dropFirst(2).joined(separator: " ")

@inline(never)
func measure(_ name: String, iterations: Int = 100_000, _ body: (Int) -> Int) {
    guard wanted.isEmpty || name.contains(wanted) else { return }
    let clock = ContinuousClock()
    var best = Duration.seconds(1_000)
    var sum = 0
    for _ in 0..<rounds {
        let time = clock.measure {
            for index in 0..<iterations { sum &+= body(index) }
        }
        best = min(best, time)
    }
    let tenths = Int(best.components.attoseconds / 100_000_000) / iterations
    // The sum is printed so that nothing of the work can be left out.
    print("\(name): \(tenths / 10).\(tenths % 10) ns (\(sum & 0xFF))")
}

func measureParser(_ name: String, _ requests: [[UInt8]]) {
    let parser = HTTP1RequestParser()
    var head = RequestHead()
    let spare = requests.count - 1
    measure("\(name), \(requests[0].count) bytes") { index in
        let request = requests[index & spare]
        let bytes = unsafe request.span.bytes
        // The requests are whole and by the rules: a figure of what is refused would be of nothing.
        guard case .complete(let length) = parser.parse(bytes, into: &head) else { fatalError("not parsed") }
        return length
    }
}

func measureEncoder() {
    var output = Buffer(capacity: 4096)
    let date: StaticString = "Date: Sat, 21 Nov 2026 10:00:00 GMT\r\n"
    measure("write a response's head") { index in
        output.removeAll()
        output.appendStatusLine(.ok)
        output.append(date)
        output.append("Content-Type: text/plain\r\nContent-Length: ")
        output.appendDecimal(13 + index & 1)
        output.append("\r\n\r\n")
        return output.count
    }
}

func measureDecoder() {
    var decoder = HTTP1BodyDecoder()
    let chunks = Requests.chunks
    measure("decode 16 chunks of 64 bytes", iterations: 10_000) { _ in
        decoder.beginChunked()
        let bytes = unsafe chunks.span.bytes
        var consumed = 0
        var total = 0
        while true {
            switch decoder.decode(bytes.extracting(droppingFirst: consumed)) {
            case .data(let range, let count):
                total += range.count
                consumed += count
            case .end: return total
            // The chunks are whole and by the rules.
            case .needMore, .failure: fatalError("not decoded")
            }
        }
    }
}

measureParser("parse a minimal request", [Requests.minimal])
measureParser("parse a pipelined minimal request", [Requests.minimal + Requests.minimal])
measureParser("parse a browser's request of ten fields", [Requests.browser])
measureParser("parse 64 browsers' requests in turn", Requests.manyBrowsers)
measureEncoder()
measureDecoder()
measureHPACKDecoder()
measureHPACKEncoder()
Content.measureJSON()
Content.measureMultipart()
