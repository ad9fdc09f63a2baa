/// Something that happened, in a line: the event `news`.
package struct DashboardNews: Codable, Sendable {
    /// How much it matters.
    package enum Level: String, Codable, Sendable {
        case info, warning, error
    }

    package var number = 0
    /// When, in milliseconds since 1970.
    package var at: Int64 = 0
    package var level = Level.info
    /// A word for what it is about: `limit`, `loop`, `pool`, `configuration`, `access`, `connection`, `drain`,
    /// `handover`, `worker`.
    package var kind = ""
    package var text = ""
    /// To which of several workers it happened; nil when it did to this one alone, or to all.
    package var worker: Int?
}
