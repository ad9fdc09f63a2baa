import ApusHTTP

extension HTTPFields {
    /// Whether `Connection: close` is among them (RFC 9112, 9.6): the connection ends behind the answer.
    var asksToClose: Bool { contains { $0.name == .connection && $0.hasCloseOption } }
}

extension HTTPField {
    fileprivate var hasCloseOption: Bool {
        value.split(separator: ",").contains { option in
            option.utf8.filter { $0 != 0x20 && $0 != 0x09 }.map { $0 | 0x20 } == Array("close".utf8)
        }
    }
}

extension HTTPField.Name {
    /// Whether only a server may write it into a response.
    var isFraming: Bool {
        self == .connection || self == .contentLength || self == .transferEncoding || self == .date
    }
}
