/// Why a route could not be registered. Every message ends with what to do about it.
public struct RouteError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong, for code that must tell the cases apart.
    public enum Reason: Equatable, Sendable {
        /// The pattern is the empty string.
        case emptyPattern
        /// The pattern does not begin with `/`.
        case missingLeadingSlash
        /// Two slashes with nothing between them.
        case emptySegment
        /// A `.` or `..` segment, which no normalised path contains.
        case dotSegment
        /// A `:` with no name behind it.
        case emptyName
        /// A parameter's name holds something other than letters, digits, `_` and `-`.
        case badName
        /// Two parameters have the same name.
        case doubledName
        /// A segment stands behind `**`.
        case catchAllNotLast
        /// A `*` that is only a part of a segment.
        case partialWildcard
        /// A parameter in braces or angle brackets, as other frameworks write it.
        case foreignSyntax
        /// A `?` or `#`: queries and fragments take no part in routing.
        case notAPath
        /// A `%` that two hexadecimal digits do not follow, or `%00`.
        case badPercentEncoding
        /// A control character.
        case controlCharacter
        /// More captured segments than ``RouteMatch/capacity``.
        case tooManyParameters
        /// More than ``RoutePattern/maximumLength`` bytes.
        case tooLong
        /// The method is no token (RFC 9110 §5.6.2), or there are too many of one's own.
        case badMethod
        /// Another route answers the same method on the same paths.
        case conflict
    }

    /// What is wrong.
    public let reason: Reason
    /// What is wrong and what to do, in words.
    public let message: String
    /// Where the refused route was registered, when that is known.
    public internal(set) var place: SourcePlace?
    /// Where the route stands that it conflicts with.
    public let otherPlace: SourcePlace?

    init(_ reason: Reason, _ message: String, place: SourcePlace? = nil, otherPlace: SourcePlace? = nil) {
        self.reason = reason
        self.message = message
        self.place = place
        self.otherPlace = otherPlace
    }

    /// `Module/File.swift:12: what is wrong; what to do`.
    public var description: String { place.map { "\($0): \(message)" } ?? message }
}
