import Testing

@testable import ApusRuntime

@Suite struct AlarmTests {
    @Test("the alarm rings once, not before its time, and again only when set again")
    func rings() async throws {
        let group = try LoopGroup(LoopGroup.Options(loops: 1, log: .none))
        defer { group.shutdown() }
        let (rings, teller) = AsyncStream.makeStream(of: (due: UInt64, rung: UInt64).self)
        group.loops[0].execute { loop in
            var due = loop.now + 300_000
            var left = 3
            loop.onAlarm { loop in
                teller.yield((due, loop.now))
                left -= 1
                if left == 0 { return teller.finish() }
                due = loop.now + 300_000
                loop.setAlarm(at: due)
            }
            loop.setAlarm(at: due)
        }
        var count = 0
        for await ring in rings {
            #expect(ring.rung >= ring.due)
            count += 1
        }
        #expect(count == 3)
    }

    @Test("an alarm that is moved rings at its new time only")
    func moves() async throws {
        let group = try LoopGroup(LoopGroup.Options(loops: 1, log: .none))
        defer { group.shutdown() }
        let (rings, teller) = AsyncStream.makeStream(of: Bool.self)
        group.loops[0].execute { loop in
            let late = loop.now + 5_000_000
            loop.onAlarm { loop in
                teller.yield(loop.now >= late)
                teller.finish()
            }
            loop.setAlarm(at: loop.now + 1_000_000)
            loop.setAlarm(at: late)
        }
        var all: [Bool] = []
        for await ring in rings { all.append(ring) }
        #expect(all == [true])
    }
}
