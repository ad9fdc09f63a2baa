import Apus

/// A path is decoded into a form that stays within its root and holds nothing to decode again; a query is decoded at all.
func uri(_ input: [UInt8]) {
    let question = input.firstIndex(of: 0x3F) ?? input.endIndex
    let path = [0x2F] + input[..<question]
    _ = withSpan(input[question...].dropFirst()) { Query(parsing: $0) }
    guard case .success(let decoded) = decode(path) else { return }
    let isPlain = withSpan(path) { RoutePath.isPlain($0) }
    require(!isPlain || decoded == path, "a plain path was changed")
    require(decoded.first == 0x2F, "a path without its root")
    require(path.contains(0) || !decoded.contains(0), "NUL was decoded")
    for segment in decoded.split(separator: 0x2F) {
        require(Array(segment) != [0x2E] && Array(segment) != [0x2E, 0x2E], "a dot segment was left")
    }
    require(decode(decoded) == .success(decoded), "a decoded path has something left to decode")
    _ = withSpan(decoded) { RoutePath.text($0) }
}

/// The routing form of `path`, or why there is none.
private func decode(_ path: [UInt8]) -> Result<[UInt8], RoutePath.Failure> {
    withSpan(path) { span in
        var decoded: [UInt8] = []
        do throws(RoutePath.Failure) {
            try RoutePath.decode(span, into: &decoded)
            return .success(decoded)
        } catch {
            return .failure(error)
        }
    }
}
