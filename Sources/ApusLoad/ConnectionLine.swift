/// The connections that have room for a request, in the order in which they got it; each stands in it once.
struct ConnectionLine: ~Copyable {
    private var places: [LoadConnection?]
    private var first = 0
    private var count = 0

    /// - Parameter capacity: how many connections there are.
    init(capacity: Int = 0) { places = Array(repeating: nil, count: capacity) }

    var isEmpty: Bool { count == 0 }

    /// - Precondition: the connection is not in it.
    mutating func append(_ connection: LoadConnection) {
        connection.isInLine = true
        var place = first &+ count
        if place >= places.count { place &-= places.count }
        places[place] = connection
        count &+= 1
    }

    mutating func popFirst() -> LoadConnection? {
        guard count > 0 else { return nil }
        let connection = places[first]
        first = first &+ 1 == places.count ? 0 : first &+ 1
        count &-= 1
        connection?.isInLine = false
        return connection
    }
}
