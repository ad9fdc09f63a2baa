@_spi(Apus) import ApusRuntime

extension ConnectionPool {
    /// Lets a connection in that has a place already.
    func addInPlace() -> ConnectionID {
        let now = Self.now
        return withCommon { lane in lane.id(of: lane.addInPlace(handle: 0, listener: 0, now: now)) }
    }

    /// Takes a connection out whose place another gets.
    func replace(_ id: ConnectionID, _ reason: RemovalReason) {
        let now = Self.now
        withCommon { lane in
            guard let row = lane.rows.find(id.index, generation: id.generation) else { return }
            lane.takeOut(PooledConnection(row: row), reason, now: now)
        }
    }
}
