import Testing

@testable import ApusRuntime

@Suite("A ring of lines")
struct LineRingTests {
    private func put(_ text: String, _ ring: LineRing) -> Bool {
        unsafe ring.append(Array(text.utf8).span.bytes)
    }

    private func takeAll(_ ring: LineRing) -> String {
        var text: [UInt8] = []
        _ = unsafe ring.take { first, second in
            unsafe text += first
            unsafe text += second
            return first.count + second.count
        }
        return String(decoding: text, as: UTF8.self)
    }

    @Test("lines come out in order, over the end of the ring too")
    func order() {
        let ring = LineRing(capacity: 16)
        #expect(ring.isEmpty && put("0123456789\n", ring) && !ring.isEmpty)
        #expect(takeAll(ring) == "0123456789\n")
        #expect(put("abcdefgh\n", ring) && put("xyz\n", ring))
        #expect(takeAll(ring) == "abcdefgh\nxyz\n" && ring.isEmpty && ring.dropped == 0)
    }

    @Test("a line that finds no room is dropped whole, and counted")
    func full() {
        let ring = LineRing(capacity: 16)
        #expect(put("0123456789\n", ring) && !put("0123456789\n", ring) && put("0123\n", ring))
        #expect(!put("x", ring) && ring.dropped == 2)
        #expect(takeAll(ring) == "0123456789\n0123\n")
        #expect(put("0123456789ABCDE\n", ring) && !put(String(repeating: "a", count: 17), ring))
    }

    @Test("what is not taken stays")
    func partly() {
        let ring = LineRing(capacity: 16)
        _ = put("one\ntwo\n", ring)
        #expect(unsafe ring.take { _, _ in 4 } == 4)
        #expect(takeAll(ring) == "two\n")
    }

    @Test("a writer and a reader on threads of their own lose nothing and tear nothing")
    func concurrently() throws {
        let ring = LineRing(capacity: 256)
        let lines = 50_000
        let taken = Lock<[UInt8]>([])
        try onThreads(2) { thread in
            if thread == 0 {
                for index in 0..<lines { while !put("\(index)\n", ring) { yieldThread() } }
            } else {
                var text: [UInt8] = []
                var seen = 0
                while seen < lines {
                    let before = text.count
                    _ = unsafe ring.take { first, second in
                        unsafe text += first
                        unsafe text += second
                        return first.count + second.count
                    }
                    seen += text[before...].count { $0 == UInt8(ascii: "\n") }
                }
                taken.withLock { $0 = text }
            }
        }
        let numbers = String(decoding: taken.withLock { $0 }, as: UTF8.self).split(separator: "\n").compactMap {
            Int($0)
        }
        #expect(numbers.count == lines && numbers.elementsEqual(0..<lines))
    }
}
