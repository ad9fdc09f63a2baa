/// A path beneath a folder, from a request: what could mislead is refused before the file system sees it.
///
/// Refused are `.` and `..`, empty segments (`a//b`), an escaped slash, a backslash, NUL, names longer than any file
/// system takes, and hidden names: what begins with a dot, but for `.well-known` (RFC 8615). A guard that stands on
/// one spelling of a path is so not passed by another.
struct FilePath: Hashable {
    /// The name's bytes, without a slash in front, and a NUL behind them for system calls. Empty for the folder itself.
    private(set) var bytes: [UInt8] = []
    /// Whether the path ends in a slash, or is that of the folder itself.
    private(set) var endsInSlash = true

    /// The most bytes of a path, and of one name in it, on the systems that serve.
    static let mostBytes = 4095
    static let mostNameBytes = 255

    /// A path as the router captured it: percent-decoded, but for `%2F` and `%25` (see ``RoutePath``).
    init?(routingForm captured: RawSpan, showsHidden: Bool = false) {
        bytes.reserveCapacity(captured.byteCount + 1)
        var index = 0
        while index < captured.byteCount {
            let byte = captured.byte(at: index)
            if byte == .percent {
                // %25 is a percent sign of the name, %2F a slash that separates nothing: no file has it in its name.
                guard index + 2 < captured.byteCount, captured.byte(at: index + 1) == 0x32,
                    captured.byte(at: index + 2) == 0x35
                else { return nil }
                index += 2
            }
            bytes.append(byte)
            index += 1
        }
        guard finish(showsHidden) else { return nil }
    }

    /// A path that is decoded already.
    init?(_ decoded: String, showsHidden: Bool = false) {
        bytes = Array(decoded.utf8)
        guard finish(showsHidden) else { return nil }
    }

    private mutating func finish(_ showsHidden: Bool) -> Bool {
        guard bytes.count <= Self.mostBytes else { return false }
        var start = 0
        for index in 0...bytes.count {
            let byte = index < bytes.count ? bytes[index] : .slash
            guard byte != 0, byte != Self.backslash else { return false }
            guard byte == .slash else { continue }
            let isLast = index == bytes.count
            guard Self.isShown(bytes[start..<index], mayBeEmpty: isLast, showsHidden) else { return false }
            start = index + 1
        }
        endsInSlash = bytes.isEmpty || bytes.last == .slash
        bytes.append(0)
        return true
    }

    /// Whether a name may be shown.
    static func isShown(_ name: ArraySlice<UInt8>, mayBeEmpty: Bool = false, _ showsHidden: Bool) -> Bool {
        guard let first = name.first else { return mayBeEmpty }
        guard name.count <= mostNameBytes else { return false }
        guard first == .dot else { return true }
        if name.elementsEqual([.dot]) || name.elementsEqual([.dot, .dot]) { return false }
        return showsHidden || name.elementsEqual(".well-known".utf8)
    }

    /// The path of `name` in the folder that this is the path of.
    func appending(_ name: some Sequence<UInt8>) -> FilePath {
        var path = self
        path.bytes.removeLast()
        if !endsInSlash { path.bytes.append(.slash) }
        path.bytes += name
        path.bytes.append(0)
        path.endsInSlash = false
        return path
    }

    /// The path of the file beside this one whose name goes on with `ending`.
    func beside(_ ending: StaticString) -> FilePath {
        var path = self
        path.bytes.removeLast()
        path.bytes += ending.description.utf8
        path.bytes.append(0)
        return path
    }

    /// The last part of the path: the name of the file, without what surrounds it.
    var name: ArraySlice<UInt8> {
        let text = bytes.dropLast()
        guard let slash = text.lastIndex(of: .slash) else { return text[...] }
        return text[(slash + 1)...]
    }

    /// The path for a message, or to find the type of the file.
    var text: String { String(decoding: bytes.dropLast(), as: UTF8.self) }

    private static let backslash: UInt8 = 0x5C
}
