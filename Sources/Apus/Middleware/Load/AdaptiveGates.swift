import ApusPool

/// An adaptive limit of an application, by a name that is its own.
struct AdaptiveGate: Sendable {
    let name: String
    private let middleware: AdaptiveConcurrency

    private init(name: String, _ middleware: AdaptiveConcurrency) {
        self.name = name
        self.middleware = middleware
    }

    var gate: LoadGate { middleware.gate }

    /// Goes on by other settings, when it is the one of a configuration.
    func take(_ settings: AdaptiveLimitSettings) {
        if middleware.isConfigured { middleware.take(settings) }
    }

    /// Those that stand among middleware, each once, in the order in which they were met. Several that have one name are
    /// told apart by a number.
    static func all(among middleware: some Sequence<any Middleware>) -> [AdaptiveGate] {
        var found: [AdaptiveGate] = []
        for case let adaptive as AdaptiveConcurrency in middleware
        where !found.contains(where: { $0.gate === adaptive.gate }) {
            var name = adaptive.name
            var number = 2
            while found.contains(where: { $0.name == name }) {
                name = "\(adaptive.name)-\(number)"
                number += 1
            }
            found.append(AdaptiveGate(name: name, adaptive))
        }
        return found
    }
}
