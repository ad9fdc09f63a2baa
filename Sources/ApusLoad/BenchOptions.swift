/// What load to put on which server, and how to measure it.
package struct BenchOptions: Hashable, Sendable {
    /// When a run ends.
    package enum Extent: Hashable, Sendable {
        case duration(Duration)
        case requests(Int)
    }

    /// A field that each request carries.
    package struct Header: Hashable, Sendable {
        package let name: String
        package let value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// Where the content of each request is read from, once, before the run.
    package enum Body: Hashable, Sendable {
        case file(String)
        case standardInput
    }

    /// Which servers' certificates are believed.
    package enum Trust: Hashable, Sendable {
        /// Those from the system's authorities.
        case system
        /// Those from the authorities in this PEM file.
        case authorities(String)
        /// All.
        case anyone
    }

    package var url: BenchURL
    /// How many connections are open at once.
    package var connections = 64
    /// How many requests are on their way at once on each connection.
    package var pipeline = 1
    /// Whether HTTP/2 is spoken: by ALPN over TLS, by prior knowledge in the clear.
    package var http2 = false
    /// How many streams are open at once on each connection of HTTP/2.
    package var streams = 1
    package var trust = Trust.system
    package var extent = Extent.duration(.seconds(10))
    /// Requests a second over all connections, or nil for as many as the server answers.
    package var rate: Int?
    /// How many event loops, or nil for one per core.
    package var loops: Int?
    package var method = "GET"
    package var headers: [Header] = []
    package var body: Body?
    /// How long a connection or an answer may take.
    package var timeout = Duration.seconds(10)
    /// Whether to print JSON instead of a report.
    package var json = false

    package init(url: BenchURL) { self.url = url }
}
