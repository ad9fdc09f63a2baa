/// The conditions under which a client wants a request to be done (RFC 9110, 13.1), and their evaluation.
///
/// ```swift
/// let conditions = Preconditions { context.field($0) }
/// if conditions.evaluate(.get, against: state) == .notModified { return Response(.notModified) }
/// ```
///
/// To be evaluated where the request would otherwise succeed (2xx), and before its method is performed (13.2.1).
public struct Preconditions: Sendable, Equatable {
    /// What a request with conditions becomes.
    public enum Outcome: Sendable, Equatable {
        /// The conditions hold, or there are none: do the request.
        case proceed
        /// The client has the content: 304, with the fields that a 200 would have had.
        case notModified
        /// 412, and nothing else is done.
        case preconditionFailed
    }

    /// What is known of the present content of a resource.
    public struct State: Sendable, Equatable {
        /// Its tag, if it has one.
        public var entityTag: EntityTag?
        /// When it changed last, if that is known.
        public var lastModified: IMFDate?

        /// Content with this tag and this date.
        public init(entityTag: EntityTag? = nil, lastModified: IMFDate? = nil) {
            self.entityTag = entityTag
            self.lastModified = lastModified
        }
    }

    /// If-Match
    public var ifMatch: EntityTagList?
    /// If-None-Match
    public var ifNoneMatch: EntityTagList?
    /// If-Modified-Since; nil when it is no date, for then it has to be ignored (RFC 9110, 13.1.3).
    public var ifModifiedSince: IMFDate?
    /// If-Unmodified-Since; nil when it is no date (RFC 9110, 13.1.4).
    public var ifUnmodifiedSince: IMFDate?

    /// No conditions.
    public init() {}

    /// The conditions of a request, whose fields `field` gives.
    public init(_ field: (HTTPField.Name) -> String?) {
        ifMatch = field(.ifMatch).map { EntityTagList($0) }
        ifNoneMatch = field(.ifNoneMatch).map { EntityTagList($0) }
        // Where there are tags, the dates have no say.
        if ifMatch == nil { ifUnmodifiedSince = field(.ifUnmodifiedSince).flatMap { IMFDate($0) } }
        if ifNoneMatch == nil { ifModifiedSince = field(.ifModifiedSince).flatMap { IMFDate($0) } }
    }

    /// What becomes of the request, in the order of RFC 9110, 13.2.2. If-Range is none of this: see ``IfRange``.
    ///
    /// - Parameters:
    ///   - method: The request's method.
    ///   - state: The resource's present content; nil when it has none.
    public func evaluate(_ method: HTTPMethod, against state: State?) -> Outcome {
        switch method.kind {
        case .connect, .options, .trace: return .proceed
        default: break
        }
        if let ifMatch {
            guard ifMatch.stronglyMatches(state?.entityTag, exists: state != nil) else { return .preconditionFailed }
        } else if let ifUnmodifiedSince, let lastModified = state?.lastModified {
            guard lastModified <= ifUnmodifiedSince else { return .preconditionFailed }
        }
        let isRead = method.kind == .get || method.kind == .head
        if let ifNoneMatch {
            guard ifNoneMatch.weaklyMatches(state?.entityTag, exists: state != nil) else { return .proceed }
            return isRead ? .notModified : .preconditionFailed
        }
        if isRead, let ifModifiedSince, let lastModified = state?.lastModified, lastModified <= ifModifiedSince {
            return .notModified
        }
        return .proceed
    }
}

/// What If-Range holds: the Range field is meant only for the content that this names (RFC 9110, 13.1.5).
public enum IfRange: Sendable, Equatable {
    /// Content with this tag.
    case entityTag(EntityTag)
    /// Content that changed last at this moment.
    case date(IMFDate)
    /// The field is there, and says nothing that could be true.
    case invalid

    /// What the field's value says.
    public init(_ text: String) {
        if let tag = EntityTag(parsing: text) {
            self = .entityTag(tag)
        } else if let date = IMFDate(text) {
            self = .date(date)
        } else {
            self = .invalid
        }
    }

    /// Whether the Range field is to be heeded: the tags match strongly, or the dates are the same and the content
    /// had stayed the same for a second, so that the date is not of a moment between two changes (RFC 9110, 8.8.2.2).
    ///
    /// - Parameters:
    ///   - state: The resource's present content.
    ///   - now: The date of the response.
    public func allowsRange(of state: Preconditions.State, now: IMFDate) -> Bool {
        switch self {
        case .entityTag(let tag): state.entityTag?.stronglyMatches(tag) ?? false
        case .date(let date): state.lastModified == date && date < now
        case .invalid: false
        }
    }
}
