/// Why `apus bench` measured nothing. Each ends with what to do.
package enum BenchError: Error, CustomStringConvertible {
    case unreadable(String, reason: String)
    case tooManyDescriptors(wanted: Int, allowed: Int)
    case interrupted
    case noConnection(String, LoadFailure?)
    /// With the library's reason.
    case tls(String, LoadFailure, reason: String)
    case noSuccess(LoadTally)

    package var description: String {
        switch self {
        case .unreadable(let path, let reason): "the body \(path) can't be read (\(reason)): check its path"
        case .tooManyDescriptors(let wanted, let allowed):
            "\(wanted) descriptors are needed and \(allowed) allowed: raise the limit with ulimit -n \(wanted), "
                + "or use fewer connections"
        case .interrupted: "stopped before anything was measured"
        case .noConnection(let host, let failure):
            "no connection to \(host)" + (failure.map { ": \($0.rawValue): \($0.advice)" } ?? "")
        case .tls(let host, let failure, let reason):
            "no connection to \(host): \(failure.rawValue) (\(reason)): \(failure.advice)"
        case .noSuccess(let tally): Self.explain(tally)
        }
    }

    private static func explain(_ tally: LoadTally) -> String {
        if let status = tally.others.max(by: { $0.value < $1.value })?.key {
            return "no answer was 2xx, most were \(status): "
                + (status < 400 ? "ask the address that it redirects to" : "check the path, the method and the headers")
        }
        if let failure = tally.failures.max(by: { $0.value < $1.value })?.key {
            return "nothing was answered: \(failure.rawValue): \(failure.advice)"
        }
        return "nothing was answered: let it run longer"
    }
}
