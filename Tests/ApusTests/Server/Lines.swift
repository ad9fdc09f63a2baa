import Apus
import ApusRuntime

/// The lines that a server has logged, below level `info` left out.
final class Lines: Sendable {
    private let lines = Lock<[String]>([])

    var all: [String] { lines.withLock { $0 } }
    var log: Log { Log { _, text in self.lines.withLock { $0.append(text) } } }
}
