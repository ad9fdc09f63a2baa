import ApusHTTP
import ApusNet
import ApusRuntime

/// Chunked transfer coding on its way out (RFC 9112, 7.1).
extension Connection {
    /// Writes bytes, at least one, as a chunk.
    func writeChunk(_ bytes: RawSpan) {
        // The size in hexadecimal takes 16 digits at most.
        reserve(20)
        output.appendHexadecimal(bytes.byteCount)
        output.append("\r\n")
        write(bytes)
        reserve(2)
        output.append("\r\n")
    }

    /// Writes the last chunk, and the trailer fields that may stand there.
    func writeLastChunk(_ trailers: HTTPFields) {
        reserve(3)
        output.append("0\r\n")
        for field in trailers where !Self.isForbiddenTrailer(field.name) {
            reserve(field.name.rawName.utf8.count + field.value.utf8.count + 4)
            output.append(field: field)
        }
        reserve(2)
        output.append("\r\n")
    }

    /// Fields that frame or route a message have no meaning behind it (RFC 9110, 6.5.1).
    private static func isForbiddenTrailer(_ name: HTTPField.Name) -> Bool {
        name == .contentLength || name == .transferEncoding || name == .host || name == .connection || name == .trailer
    }
}
