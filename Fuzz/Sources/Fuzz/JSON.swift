import ApusHTTP

/// JSON is judged without reading beyond it: what is accepted is UTF-8, and wrong when its last byte is cut off, unless
/// that is white space or a figure.
func json(_ input: [UInt8]) {
    guard isJSON(input) else { return }
    require(String(validating: input, as: UTF8.self) != nil, "what is not UTF-8 was accepted")
    guard let last = input.last, ![0x20, 0x09, 0x0A, 0x0D].contains(last), !(0x30...0x39).contains(last) else { return }
    require(!isJSON(Array(input.dropLast())), "half a text was accepted")
}

private func isJSON(_ bytes: [UInt8]) -> Bool {
    let mistake = withSpan(bytes) { span -> JSONError? in
        do throws(JSONError) { try JSONScan.check(span) } catch { return error }
        return nil
    }
    if let error = mistake {
        require(error.offset <= bytes.count && error.line > 0 && error.column > 0, "a mistake is outside of the text")
    }
    return mistake == nil
}
