import ApusRuntime
import Synchronization
import Testing

@Suite("Numbers of one writer")
struct TallyTests {
    @Test("each number grows by itself")
    func adding() {
        let tally = Tally(count: 3)
        tally.add(2, at: 0)
        tally.add(at: 2)
        tally.add(at: 2)
        #expect((0..<3).map(tally.value) == [2, 0, 2])
        tally.set(7, at: 1)
        #expect(tally.value(at: 1) == 7)
    }

    @Test("a reader on another thread sees numbers that only grow, and all of them in the end")
    func readers() throws {
        let tally = Tally(count: 1)
        let additions = 200_000
        let isOver = Atomic<Bool>(false)
        let falls = Atomic<Int>(0)
        try onThreads(2) { thread in
            if thread == 0 {
                for _ in 0..<additions { tally.add(at: 0) }
                isOver.store(true, ordering: .releasing)
            } else {
                var last = 0
                while !isOver.load(ordering: .acquiring) {
                    let now = tally.value(at: 0)
                    if now < last { falls.wrappingAdd(1, ordering: .relaxed) }
                    last = now
                }
            }
        }
        #expect(tally.value(at: 0) == additions && falls.load(ordering: .relaxed) == 0)
    }
}
