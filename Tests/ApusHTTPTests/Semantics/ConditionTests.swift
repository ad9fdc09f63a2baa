import Testing

@testable import ApusHTTP

@Suite("Entity tags and conditional requests (RFC 9110, 8.8 and 13)")
struct ConditionTests {
    @Test("tags are read exactly, and compared strongly or weakly")
    func comparison() throws {
        let strong = try #require(EntityTag(parsing: "\"1\""))
        let weak = try #require(EntityTag(parsing: "W/\"1\""))
        let other = try #require(EntityTag(parsing: "W/\"2\""))
        #expect(strong.stronglyMatches(strong) && strong.weaklyMatches(strong))
        #expect(!weak.stronglyMatches(weak) && weak.weaklyMatches(weak))
        #expect(!weak.stronglyMatches(strong) && weak.weaklyMatches(strong) && strong.weaklyMatches(weak))
        #expect(!weak.weaklyMatches(other))
        #expect(weak.description == "W/\"1\"")
        #expect(EntityTag("a\"b") == nil && EntityTag("a b") == nil && EntityTag("a\r\nb") == nil)
        #expect(EntityTag(parsing: "\"\"")?.opaque == "")
    }

    @Test(
        "what is no tag is none",
        arguments: ["", "1", "\"1", "1\"", "w/\"1\"", "W/1", "\"1\" ", " \"1\"", "\"a b\"", "W/ \"1\""])
    func malformedTags(text: String) { #expect(EntityTag(parsing: text) == nil) }

    @Test(
        "a list of tags holds those before the first that is malformed",
        arguments: [
            ("\"a\"", ["a"]), ("\"a\", W/\"b\",\"c\"", ["a", "b", "c"]), (", \"a\" ,, \"b\",", ["a", "b"]),
            ("\"a,b\", \"c\"", ["a,b", "c"]), ("\"a\" \"b\"", ["a"]), ("\"a\", b, \"c\"", ["a"]), ("", []),
            ("*, \"a\"", []),
            ("\"a\\\", \"b\"", ["a\\", "b"]),
        ] as [(String, [String])])
    func lists(text: String, opaques: [String]) {
        guard case .tags(let tags) = EntityTagList(text) else {
            Issue.record("read as any")
            return
        }
        #expect(tags.map(\.opaque) == opaques)
    }

    static let tag = EntityTag("v1")
    static let date = IMFDate(secondsSince1970: 784_111_777)
    static let same = date.description
    static let later = IMFDate(secondsSince1970: 784_111_778).description
    static let earlier = IMFDate(secondsSince1970: 784_111_776).description

    struct Case: Sendable, CustomTestStringConvertible {
        var method = HTTPMethod.get
        var fields: HTTPFields
        var outcome: Preconditions.Outcome
        var exists = true
        var isWeak = false
        var hasDate = true

        var testDescription: String { "\(method) \(fields.map(\.description)) exists: \(exists) weak: \(isWeak)" }
    }

    static let cases: [Case] = [
        Case(fields: [:], outcome: .proceed),
        // If-None-Match
        Case(fields: [.ifNoneMatch: "\"v1\""], outcome: .notModified),
        Case(fields: [.ifNoneMatch: "W/\"v1\""], outcome: .notModified),
        Case(fields: [.ifNoneMatch: "\"v1\""], outcome: .notModified, isWeak: true),
        Case(fields: [.ifNoneMatch: "\"v0\", \"v1\""], outcome: .notModified),
        Case(fields: [.ifNoneMatch: "\"v0\""], outcome: .proceed),
        Case(fields: [.ifNoneMatch: "*"], outcome: .notModified),
        Case(fields: [.ifNoneMatch: "*"], outcome: .proceed, exists: false),
        Case(fields: [.ifNoneMatch: "v1"], outcome: .proceed),
        Case(method: .head, fields: [.ifNoneMatch: "\"v1\""], outcome: .notModified),
        Case(method: .put, fields: [.ifNoneMatch: "*"], outcome: .preconditionFailed),
        Case(method: .put, fields: [.ifNoneMatch: "*"], outcome: .proceed, exists: false),
        Case(method: .delete, fields: [.ifNoneMatch: "\"v1\""], outcome: .preconditionFailed),
        // If-Match
        Case(fields: [.ifMatch: "\"v1\""], outcome: .proceed),
        Case(fields: [.ifMatch: "W/\"v1\""], outcome: .preconditionFailed),
        Case(fields: [.ifMatch: "\"v1\""], outcome: .preconditionFailed, isWeak: true),
        Case(fields: [.ifMatch: "\"v0\""], outcome: .preconditionFailed),
        Case(fields: [.ifMatch: "v1"], outcome: .preconditionFailed),
        Case(fields: [.ifMatch: "*"], outcome: .proceed, isWeak: true),
        Case(method: .put, fields: [.ifMatch: "*"], outcome: .preconditionFailed, exists: false),
        Case(method: .put, fields: [.ifMatch: "\"v1\""], outcome: .preconditionFailed, exists: false),
        Case(method: .put, fields: [.ifMatch: "\"v1\""], outcome: .proceed),
        // If-Modified-Since
        Case(fields: [.ifModifiedSince: same], outcome: .notModified),
        Case(fields: [.ifModifiedSince: later], outcome: .notModified),
        Case(fields: [.ifModifiedSince: earlier], outcome: .proceed),
        Case(fields: [.ifModifiedSince: "yesterday"], outcome: .proceed),
        Case(fields: [.ifModifiedSince: same], outcome: .proceed, hasDate: false),
        Case(method: .post, fields: [.ifModifiedSince: same], outcome: .proceed),
        // If-Unmodified-Since
        Case(fields: [.ifUnmodifiedSince: same], outcome: .proceed),
        Case(fields: [.ifUnmodifiedSince: earlier], outcome: .preconditionFailed),
        Case(method: .put, fields: [.ifUnmodifiedSince: earlier], outcome: .preconditionFailed),
        Case(fields: [.ifUnmodifiedSince: "yesterday"], outcome: .proceed),
        Case(fields: [.ifUnmodifiedSince: earlier], outcome: .proceed, hasDate: false),
        // Precedence (13.2.2)
        Case(fields: [.ifNoneMatch: "\"v0\"", .ifModifiedSince: same], outcome: .proceed),
        Case(fields: [.ifNoneMatch: "\"v1\"", .ifModifiedSince: earlier], outcome: .notModified),
        Case(fields: [.ifMatch: "\"v1\"", .ifUnmodifiedSince: earlier], outcome: .proceed),
        Case(fields: [.ifMatch: "\"v0\"", .ifNoneMatch: "\"v1\""], outcome: .preconditionFailed),
        Case(fields: [.ifMatch: "\"v1\"", .ifNoneMatch: "\"v1\""], outcome: .notModified),
        Case(fields: [.ifUnmodifiedSince: earlier, .ifNoneMatch: "\"v1\""], outcome: .preconditionFailed),
        Case(fields: [.ifUnmodifiedSince: same, .ifModifiedSince: same], outcome: .notModified),
        // Methods without a representation
        Case(method: .options, fields: [.ifMatch: "\"v0\""], outcome: .proceed),
        Case(method: .trace, fields: [.ifNoneMatch: "*"], outcome: .proceed),
    ]

    @Test("conditions are evaluated in the order of the RFC", arguments: cases)
    func outcomes(of one: Case) {
        let tag = EntityTag("v1", isWeak: one.isWeak)
        let state = Preconditions.State(entityTag: tag, lastModified: one.hasDate ? Self.date : nil)
        let conditions = Preconditions { one.fields[$0] }
        #expect(conditions.evaluate(one.method, against: one.exists ? state : nil) == one.outcome)
    }

    @Test("If-Range allows a range only of the very same content")
    func ifRange() {
        let state = Preconditions.State(entityTag: Self.tag, lastModified: Self.date)
        let now = IMFDate(secondsSince1970: Self.date.secondsSince1970 + 1)
        #expect(IfRange("\"v1\"").allowsRange(of: state, now: now))
        #expect(!IfRange("W/\"v1\"").allowsRange(of: state, now: now))
        #expect(!IfRange("\"v0\"").allowsRange(of: state, now: now))
        #expect(IfRange(Self.same).allowsRange(of: state, now: now))
        #expect(!IfRange(Self.same).allowsRange(of: state, now: Self.date))
        #expect(!IfRange(Self.later).allowsRange(of: state, now: now))
        #expect(!IfRange(Self.earlier).allowsRange(of: state, now: now))
        #expect(!IfRange("*").allowsRange(of: state, now: now))
        #expect(!IfRange("\"v1\", \"v1\"").allowsRange(of: state, now: now))
        let weak = Preconditions.State(entityTag: EntityTag("v1", isWeak: true))
        #expect(!IfRange("W/\"v1\"").allowsRange(of: weak, now: now))
    }
}
