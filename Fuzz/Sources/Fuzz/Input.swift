/// Hands one input to a target.
func fuzz(_ data: UnsafePointer<UInt8>?, _ count: Int, _ target: ([UInt8]) -> Void) -> CInt {
    unsafe target(Array(UnsafeBufferPointer(start: data, count: count)))
    return 0
}

/// Stops the run when `holds` is false; libFuzzer keeps the input.
func require(_ holds: Bool, _ what: StaticString, line: UInt = #line) {
    if !holds { fatalError("\(what)", line: line) }
}

/// Calls `body` with `bytes`, alone in memory of their size, so that the sanitizer guards their end.
func withSpan<R>(_ bytes: some Sequence<UInt8>, _ body: (RawSpan) -> R) -> R {
    let copy = Array(bytes)
    let room = UnsafeMutableRawBufferPointer.allocate(byteCount: copy.count, alignment: 1)
    defer { unsafe room.deallocate() }
    unsafe room.copyBytes(from: copy)
    return body(unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(room)))
}

/// The value of a field as handlers see it: UTF-8, or else Latin-1.
func text(_ bytes: some Collection<UInt8>) -> String {
    String(validating: Array(bytes), as: UTF8.self)
        ?? String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
}
