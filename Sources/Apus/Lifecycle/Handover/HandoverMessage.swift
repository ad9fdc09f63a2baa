/// What two processes say to one another when one takes the place of the other:
///
///     old  sockets… offered →                     go →                        (drains)
///     new                       (opens) ready →        (accepts) serving →
///
/// Until `go` the old one accepts, from then on the new one; the sockets are the same, so that whoever connects in between
/// waits in their queue. If either ends before `serving`, the other goes on alone.
package struct HandoverMessage: Equatable {
    /// What a message is about.
    package enum Kind: String {
        /// The listening sockets of one listener, whose ``argument`` is its place in the configuration.
        case sockets
        /// That were all; the ``argument`` is the version of this protocol, and for a worker its number.
        case offered
        /// The new process has opened all that it needs, and accepts nothing yet.
        case ready
        /// It can't: the ``argument`` says why.
        case failed
        /// The old process accepts nothing any more.
        case go
        /// The new process accepts.
        case serving
    }

    /// The version of the protocol.
    package static let version = "1"

    package var kind: Kind
    package var argument: String
    package var descriptors: [CInt]

    package init(_ kind: Kind, _ argument: String = "", descriptors: [CInt] = []) {
        self.kind = kind
        self.argument = argument
        self.descriptors = descriptors
    }

    init?(text: String, _ descriptors: [CInt]) {
        let parts = text.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        guard let kind = parts.first.flatMap({ Kind(rawValue: String($0)) }) else { return nil }
        self.init(kind, parts.count > 1 ? String(parts[1]) : "", descriptors: descriptors)
    }

    var text: String { "\(kind.rawValue) \(argument.prefix(4096))" }
}
