#if TLS && canImport(COpenSSL)
    import ApusRuntime
    import CSystem

    /// Gives handshakes a part of each turn, and no more: a step costs as much as a hundred requests, and a burst of
    /// them must not keep the connections that are open waiting. Those that find the turn's part used up wait here in
    /// the order in which they came. Loop only.
    final class HandshakeQueue {
        /// The part of a turn; one step may exceed it.
        static let nanosecondsPerTurn: UInt64 = 1_000_000

        private var waiting: [Endpoint.ID] = []
        private var first = 0
        private var isScheduled = false
        private var turn: UInt64 = 0
        private var spent: UInt64 = 0

        /// Handshakes that wait for their turn.
        var count: Int { waiting.count - first }

        /// Whether a step may be done now.
        func mayStep(_ loop: EventLoop) -> Bool {
            count == 0 && hasTime(loop)
        }

        private func hasTime(_ loop: EventLoop) -> Bool {
            if turn != loop.now {
                turn = loop.now
                spent = 0
            }
            return spent < Self.nanosecondsPerTurn
        }

        /// A step begins: what `stepEnds(_:)` wants to know.
        func stepBegins() -> UInt64 { apus_monotonic_nanoseconds() }

        /// Counts the time of a step.
        func stepEnds(_ began: UInt64) { spent += apus_monotonic_nanoseconds() &- began }

        /// Has `Connection.continueHandshake()` called in a later turn.
        func enqueue(_ connection: Connection) {
            waiting.append(connection.id)
            schedule(connection.loop)
        }

        private func schedule(_ loop: EventLoop) {
            guard !isScheduled else { return }
            isScheduled = true
            loop.execute { loop in TLSWorkspace.of(loop).handshakes.run(loop) }
        }

        private func run(_ loop: EventLoop) {
            isScheduled = false
            while count > 0, hasTime(loop) {
                let id = waiting[first]
                first += 1
                (loop.find(id) as? Connection)?.continueHandshake()
            }
            if count == 0 {
                waiting.removeAll(keepingCapacity: first <= 4096)
                first = 0
            } else {
                if first > 1024 {
                    waiting.removeFirst(first)
                    first = 0
                }
                schedule(loop)
            }
        }
    }
#endif
