import ApusHTTP
internal import FoundationEssentials

extension UUID: ContentScalar {
    init?(_ value: ContentValue, from source: ContentSource) {
        guard case .text(let text) = value else { return nil }
        self.init(uuidString: text)
    }
    static var placeholder: UUID { UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)) }
    static var wanted: String { "a UUID such as 1b4e28ba-2fa1-41d2-883f-0016d3cca427" }
    static var isText: Bool { true }
}

extension Date: ContentScalar {
    init?(_ value: ContentValue, from source: ContentSource) {
        guard case .text(let text) = value, let moment = Timestamp(text) else { return nil }
        self.init(timeIntervalSince1970: moment.secondsSince1970)
    }
    static var placeholder: Date { Date(timeIntervalSince1970: 0) }
    static var wanted: String { "a moment such as 2026-11-21T09:30:00Z, or a day such as 2026-11-21" }
    static var isText: Bool { true }
}

extension Decimal: ContentScalar {
    init?(_ value: ContentValue, from source: ContentSource) {
        switch (value, source) {
        case (.number(let text), _), (.text(let text), .form):
            guard Double(value, from: source) != nil else { return nil }
            self.init(string: text)
        default: return nil
        }
    }
    static var placeholder: Decimal { 0 }
    static var wanted: String { "a number" }
    static var isText: Bool { false }
}

extension URL: ContentScalar {
    init?(_ value: ContentValue, from source: ContentSource) {
        guard case .text(let text) = value, !text.isEmpty else { return nil }
        self.init(string: text)
    }
    static var placeholder: URL { URL(filePath: "/") }
    static var wanted: String { "a URL" }
    static var isText: Bool { true }
}

extension Data: ContentScalar {
    init?(_ value: ContentValue, from source: ContentSource) {
        guard case .text(let text) = value else { return nil }
        self.init(base64Encoded: text)
    }
    static var placeholder: Data { Data() }
    static var wanted: String { "bytes in Base64" }
    static var isText: Bool { true }
}
