package import ApusDashboard
import ApusRuntime

extension DashboardNews {
    /// The news that a dashboard has sent, oldest first.
    ///
    /// - Throws: `HTTPError` or ``ProblemDetails``, for what is none.
    package static func decode(_ bytes: [UInt8]) throws -> [DashboardNews] {
        try JSONCoding.decode([DashboardNews].self, from: bytes)
    }
}

extension DashboardSample {
    /// A sample that a dashboard has sent.
    ///
    /// - Throws: `HTTPError` or ``ProblemDetails``, for what is none.
    package static func decode(_ bytes: [UInt8]) throws -> DashboardSample {
        try JSONCoding.decode(DashboardSample.self, from: bytes)
    }
}

extension DashboardNews.Level {
    /// The level of the same in the log.
    var logged: Log.Level {
        switch self {
        case .info: .notice
        case .warning: .warning
        case .error: .error
        }
    }
}
