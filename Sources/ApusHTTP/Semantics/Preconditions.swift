/// What a request's conditions (RFC 9110, 13) mean for a resource in its present state.
public enum Preconditions {
    /// What to do.
    public enum Outcome: Hashable, Sendable {
        /// Answer as if there were no conditions.
        case proceed
        /// 304, with the fields that a 200 would have had.
        case notModified
        /// 412.
        case failed
    }

    /// Judges the conditions in the order of RFC 9110, 13.2.2.
    ///
    /// - Parameters:
    ///   - isReading: Whether the method is GET or HEAD.
    ///   - tag: The present state's entity tag; nil when it has none.
    ///   - modified: When it was last changed; nil when that is unknown.
    ///   - field: Gives the request's fields by name, joined with commas.
    public static func judge(
        isReading: Bool, tag: EntityTag?, modified: IMFDate?, field: (HTTPField.Name) -> String?
    ) -> Outcome {
        if let value = field(.ifMatch) {
            guard matches(value, tag, { $0.matchesStrongly($1) }) else { return .failed }
        } else if let modified, let date = field(.ifUnmodifiedSince).flatMap({ IMFDate($0) }) {
            guard modified <= date else { return .failed }
        }
        if let value = field(.ifNoneMatch) {
            guard !matches(value, tag, { $0.matchesWeakly($1) }) else { return isReading ? .notModified : .failed }
        } else if isReading, let modified, let date = field(.ifModifiedSince).flatMap({ IMFDate($0) }) {
            guard modified > date else { return .notModified }
        }
        return .proceed
    }

    /// Whether `If-Range` lets the request's ranges count (RFC 9110, 13.1.5).
    public static func rangeCounts(tag: EntityTag?, modified: IMFDate?, field: (HTTPField.Name) -> String?) -> Bool {
        guard let value = field(.ifRange) else { return true }
        if let wanted = EntityTag(parsing: value) { return tag?.matchesStrongly(wanted) ?? false }
        guard let date = IMFDate(value), let modified else { return false }
        return date == modified
    }

    private static func matches(
        _ value: String, _ tag: EntityTag?, _ compare: (EntityTag, EntityTag) -> Bool
    ) -> Bool {
        switch EntityTag.List(value) {
        case .any: true
        case .tags(let tags): tag.map { tag in tags.contains { compare($0, tag) } } ?? false
        }
    }
}
