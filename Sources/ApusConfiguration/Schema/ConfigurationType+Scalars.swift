extension ConfigurationType where Value == Bool {
    package static var bool: ConfigurationType {
        ConfigurationType(
            "true or false",
            read: { content in
                switch content {
                case .bool(let value): value
                case .text(let text):
                    [
                        "true": true, "yes": true, "on": true, "1": true, "false": false, "no": false, "off": false,
                        "0": false,
                    ][
                        text.lowercased()]
                default: nil
                }
            }, show: { .bool($0) })
    }
}

extension ConfigurationType where Value: FixedWidthInteger {
    package static func integer(_ range: ClosedRange<Value>) -> ConfigurationType {
        ConfigurationType(
            "a whole number from \(range.lowerBound) to \(range.upperBound)",
            read: { content in
                let number: Value? =
                    switch content {
                    case .number(let number): number.integer.flatMap { Value(exactly: $0) }
                    case .text(let text): ConfigurationPath.index(text).flatMap { Value(exactly: $0) }
                    default: nil
                    }
                return number.flatMap { range.contains($0) ? $0 : nil }
            }, show: { .number("\($0)") })
    }

    /// Bytes: a number of them, or text with a unit.
    package static func size(_ range: ClosedRange<Value> = 0...Value.max) -> ConfigurationType {
        var expected = "a size such as 64KiB or 10MiB"
        if range.upperBound < .max {
            expected +=
                ", from \(ByteSize.text(UInt64(range.lowerBound))) to \(ByteSize.text(UInt64(range.upperBound)))"
        } else if range.lowerBound > 0 {
            expected += ", at least \(ByteSize.text(UInt64(range.lowerBound)))"
        }
        return ConfigurationType(
            expected,
            read: { content in
                let bytes: UInt64? =
                    switch content {
                    case .number(let number): number.integer.flatMap { UInt64(exactly: $0) }
                    case .text(let text), .string(let text): ByteSize.bytes(text)
                    default: nil
                    }
                return bytes.flatMap { Value(exactly: $0) }.flatMap { range.contains($0) ? $0 : nil }
            },
            show: { value in
                UInt64(exactly: value).map { .text(ByteSize.text($0)) } ?? .number("\(value)")
            })
    }

    /// Bytes, or `unlimited`, which is the largest number there is.
    package static func sizeOrUnlimited(_ range: ClosedRange<Value> = 0...Value.max) -> ConfigurationType {
        size(range).optional("unlimited").mapped({ $0 ?? .max }, { $0 == .max ? nil : $0 })
    }
}

extension ConfigurationType where Value == Double {
    package static func number(_ range: ClosedRange<Double>) -> ConfigurationType {
        ConfigurationType(
            "a number from \(shortest(range.lowerBound)) to \(shortest(range.upperBound))",
            read: { content in
                let number: Double? =
                    switch content {
                    case .number(let number): number.double
                    case .text(let text): Double(text)
                    default: nil
                    }
                return number.flatMap { range.contains($0) ? $0 : nil }
            }, show: { .number(shortest($0)) })
    }

    private static func shortest(_ number: Double) -> String {
        Int(exactly: number).map(String.init) ?? "\(number)"
    }
}

extension ConfigurationType where Value == Duration {
    package static func duration(_ range: ClosedRange<Duration> = .zero ... .seconds(365 * 86400)) -> ConfigurationType
    {
        ConfigurationType(
            "a time such as 30s, 500ms or 2m, from \(TimeText.text(range.lowerBound)) to \(TimeText.text(range.upperBound))",
            read: { content in
                switch content {
                case .string(let text), .text(let text):
                    TimeText.duration(text).flatMap { range.contains($0) ? $0 : nil }
                default: nil
                }
            }, show: { .text(TimeText.text($0)) })
    }
}

extension ConfigurationType where Value == String {
    package static var anyText: ConfigurationType {
        ConfigurationType("text", read: { text($0) }, show: { .text($0) })
    }

    /// Text that is not empty and has no line end or NUL.
    package static func text(_ expected: String) -> ConfigurationType {
        ConfigurationType(
            expected,
            read: { content in
                guard let text = text(content), !text.isEmpty, text.unicodeScalars.allSatisfy({ $0.value >= 0x20 })
                else { return nil }
                return text
            }, show: { .text($0) })
    }

    private static func text(_ content: ConfigurationNode.Content) -> String? {
        switch content {
        case .string(let text), .text(let text): text
        default: nil
        }
    }
}

extension ConfigurationType where Value: Equatable {
    /// One of some words.
    package static func oneOf(_ choices: [(String, Value)]) -> ConfigurationType {
        ConfigurationType<Int>.place(among: choices.map(\.0)).mapped(
            { choices[$0].1 }, { value in choices.firstIndex { $0.1 == value } ?? choices.endIndex })
    }
}

extension ConfigurationType where Value == Int {
    /// The place of a word in a list of them.
    fileprivate static func place(among words: [String]) -> ConfigurationType {
        let expected =
            words.count == 1 ? words[0] : words.dropLast().joined(separator: ", ") + " or " + (words.last ?? "")
        return ConfigurationType(
            expected,
            reading: { node throws(ConfigurationMismatch) in
                guard case .string(let word) = node.content.asString else {
                    throw ConfigurationMismatch(expected: expected)
                }
                guard let place = words.firstIndex(of: word) else {
                    throw ConfigurationMismatch(
                        expected: expected, suggestion: Spelling.nearest(to: word.lowercased(), among: words))
                }
                return place
            },
            show: { place in .text(words.indices.contains(place) ? words[place] : "") })
    }
}

extension ConfigurationType where Value: CaseIterable & RawRepresentable & Equatable, Value.RawValue == String {
    package static var choice: ConfigurationType { oneOf(Value.allCases.map { ($0.rawValue, $0) }) }
}

extension ConfigurationNode.Content {
    /// Text of a variable as if it stood in quotes in a file.
    package var asString: ConfigurationNode.Content {
        if case .text(let text) = self { .string(text) } else { self }
    }
}
