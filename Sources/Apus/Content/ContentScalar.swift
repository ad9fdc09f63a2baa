import ApusHTTP

/// A type that one value of content becomes, and not several.
protocol ContentScalar: Decodable {
    /// The value, or nil when it is none of the type.
    init?(_ value: ContentValue, from source: ContentSource)
    /// What stands for a value that is wrong while the others are looked at.
    static var placeholder: Self { get }
    /// What to send: `a whole number from 0 to 255`.
    static var wanted: String { get }
    /// Whether JSON writes it as a text.
    static var isText: Bool { get }
}

extension Bool: ContentScalar {
    init?(_ value: ContentValue, from source: ContentSource) {
        switch (value, source) {
        case (.bool(let value), _): self = value
        case (.text(let text), .form):
            // `on` is what a browser sends for a checkbox without a value.
            switch text.lowercased() {
            case "true", "on", "1", "yes": self = true
            case "false", "off", "0", "no": self = false
            default: return nil
            }
        default: return nil
        }
    }
    static var placeholder: Bool { false }
    static var wanted: String { "true or false" }
    static var isText: Bool { false }
}

extension String: ContentScalar {
    init?(_ value: ContentValue, from source: ContentSource) {
        guard case .text(let text) = value else { return nil }
        self = text
    }
    static var placeholder: String { "" }
    static var wanted: String { "a text" }
    static var isText: Bool { true }
}

extension ContentScalar where Self: FixedWidthInteger {
    init?(_ value: ContentValue, from source: ContentSource) {
        guard let number = WholeNumber(value, from: source) else { return nil }
        switch number {
        case .signed(let number): self.init(exactly: number)
        case .large(let number): self.init(exactly: number)
        }
    }
    static var placeholder: Self { 0 }
    static var wanted: String { "a whole number from \(min) to \(max)" }
    static var isText: Bool { false }
}

/// A whole number as content writes it: read here for all of Swift's integers, each of which then looks whether it fits.
private enum WholeNumber {
    case signed(Int128)
    /// Above what `Int128` holds.
    case large(UInt128)

    init?(_ value: ContentValue, from source: ContentSource) {
        switch (value, source) {
        case (.text(let text), .form): self.init(text)
        // JSON has one kind of number: 1e3 is a whole one.
        case (.number(let text), _):
            if let number = Self(text) ?? Self(decimal: text) { self = number } else { return nil }
        default: return nil
        }
    }

    private init?(_ text: String) {
        if let number = Int128(text) {
            self = .signed(number)
        } else if let number = UInt128(text) {
            self = .large(number)
        } else {
            return nil
        }
    }

    private init?(decimal text: String) {
        guard let number = Double(text) else { return nil }
        if let number = Int128(exactly: number) {
            self = .signed(number)
        } else if let number = UInt128(exactly: number) {
            self = .large(number)
        } else {
            return nil
        }
    }
}

extension Int: ContentScalar {}
extension Int8: ContentScalar {}
extension Int16: ContentScalar {}
extension Int32: ContentScalar {}
extension Int64: ContentScalar {}
extension Int128: ContentScalar {}
extension UInt: ContentScalar {}
extension UInt8: ContentScalar {}
extension UInt16: ContentScalar {}
extension UInt32: ContentScalar {}
extension UInt64: ContentScalar {}
extension UInt128: ContentScalar {}

extension ContentScalar where Self: BinaryFloatingPoint & LosslessStringConvertible {
    init?(_ value: ContentValue, from source: ContentSource) {
        switch (value, source) {
        case (.number(let text), _), (.text(let text), .form):
            // Swift also reads hexadecimal numbers, `nan` and `infinity`, which nobody means here.
            guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) }),
                let number = Self(text), number.isFinite
            else { return nil }
            self = number
        default: return nil
        }
    }
    static var placeholder: Self { 0 }
    static var wanted: String { "a number" }
    static var isText: Bool { false }
}

extension Double: ContentScalar {}
extension Float: ContentScalar {}
