import ApusHTTP
import ApusRuntime
import CSystem

/// The line `Date: Sun, 06 Nov 1994 08:49:37 GMT` with its end, 37 bytes that are written anew once a second.
final class DateField {
    private let line = Cell(Buffer(capacity: 64))

    init() { update() }

    func update() {
        line.value.removeAll()
        line.value.append("Date: ")
        IMFDate(secondsSince1970: Int64(apus_realtime_nanoseconds() / 1_000_000_000)).append(to: &line.value)
        line.value.append("\r\n")
    }

    /// Writes the line.
    @inline(__always)
    func append(to buffer: inout Buffer) {
        unsafe buffer.append(RawSpan(_unsafeStart: line.value.baseAddress, byteCount: line.value.count))
    }
}
