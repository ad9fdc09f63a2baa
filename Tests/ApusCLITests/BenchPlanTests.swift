import ApusNet
import ApusRuntime
import Testing

@testable import ApusCLI
@testable import ApusLoad

@Suite struct BenchPlanTests {
    private func options(_ line: String) throws -> BenchOptions { try #require(parse("bench " + line).bench) }

    @Test("connections and requests are divided without a rest, and no loop is left without a connection")
    func shares() throws {
        let shares = LoadShare.divide(try options(":80 -c 10 -n 1001 -r 1000"), among: 4)
        #expect(shares.map(\.connections) == [3, 3, 2, 2])
        #expect(shares.map(\.requests) == [251, 250, 250, 250])
        #expect(LoadShare.divide(try options(":80 -c 2"), among: 4).map(\.connections) == [1, 1])
        #expect(LoadShare.divide(try options(":80 -c 2"), among: 4).map(\.requests) == [.max, .max])
    }

    @Test("the loops' schedules together are the one that was asked for")
    func schedules() throws {
        let shares = LoadShare.divide(try options(":80 -c 10 -r 1000"), among: 3)
        var due: [UInt64] = []
        for share in shares {
            var schedule = SendSchedule(first: 5e9 + share.firstDue, interval: share.interval)
            for _ in 0..<4 {
                due.append(schedule.next)
                schedule.advance()
            }
        }
        #expect(due.sorted() == (0..<12).map { 5_000_000_000 + $0 * 1_000_000 })
    }

    @Test("a schedule does not drift, though the interval is no whole number of nanoseconds")
    func drift() {
        var schedule = SendSchedule(first: 0, interval: 1e9 / 3)
        for _ in 0..<3_000_000 { schedule.advance() }
        #expect(schedule.next == 1_000_000_000_000_000)
    }

    @Test("send times come out in the order in which they went in, around the ring too")
    func sendTimes() {
        var times = SendTimes(capacity: 3)
        var next: UInt64 = 0
        var expected: UInt64 = 0
        for _ in 0..<10 {
            while times.count < 4 {
                times.append(next)
                next += 1
            }
            for _ in 0..<3 {
                #expect(times.popFirst() == expected)
                expected += 1
            }
        }
        #expect(times.popFirst() == expected)
        #expect(times.popFirst() == nil)
    }

    @Test("the request has Host, the fields that were asked for, and a length where there is content")
    func request() throws {
        var options = try options("http://example.org/a?b=c -m PUT")
        options.headers = [BenchOptions.Header(name: "X-One", value: "1")]
        let request = RequestBlock(options, content: Array("hello".utf8))
        #expect(
            request.text == "PUT /a?b=c HTTP/1.1\r\nHost: example.org\r\nUser-Agent: apus-bench\r\nX-One: 1\r\n"
                + "Content-Length: 5\r\n\r\nhello")
        #expect(RequestBlock(try self.options(":80/"), content: nil).text.contains("Content-Length") == false)
        options.headers = [BenchOptions.Header(name: "host", value: "other")]
        #expect(RequestBlock(options, content: nil).text.contains("example.org") == false)
    }

    @Test(
        "figures are grouped, rounded and given the unit that suits them",
        arguments: [
            (Figures.grouped(0), "0"), (Figures.grouped(-1234), "-1,234"), (Figures.grouped(1_234_567), "1,234,567"),
            (Figures.decimal(3.14159, 2), "3.14"), (Figures.decimal(0.999, 2), "1.00"),
            (Figures.decimal(1234.05, 1), "1,234.1"), (Figures.decimal(-0.001, 1), "0.0"),
            (Figures.time(.nanoseconds(87_500)), "87.5 µs"), (Figures.time(.microseconds(250)), "250 µs"),
            (Figures.time(.microseconds(1250)), "1.25 ms"), (Figures.time(.seconds(10)), "10.00 s"),
            (Figures.bytes(12_500), "12.50 kB"), (Figures.bytes(2_500_000), "2.50 MB"), (Figures.bytes(3e9), "3.00 GB"),
        ])
    func figures(_ found: String, _ expected: String) { #expect(found == expected) }

    @Test("the progress bar says how far, how fast and what failed")
    func progress() {
        let line = BenchProgress.line(0.5, .seconds(5), rate: 123_456, failures: 2)
        #expect(line.contains(String(repeating: "#", count: 15) + String(repeating: "·", count: 15)))
        #expect(line.hasSuffix("50 %  5.0 s  123,456/s  2 failed"))
        #expect(BenchProgress.line(1, .seconds(1), rate: 0, failures: 0).hasSuffix("100 %  1.0 s  0/s"))
    }

    @Test("every failure says what to do")
    func advice() {
        for failure in LoadFailure.allCases { #expect(!failure.advice.isEmpty) }
        #expect(BenchError.noConnection("h", .refused).description.contains("is the server running?"))
    }
}
