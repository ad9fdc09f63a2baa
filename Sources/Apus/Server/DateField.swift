import ApusHTTP
import ApusRuntime
import CSystem

/// The line `Date: Sun, 06 Nov 1994 08:49:37 GMT` with its end, 37 bytes that are written anew once a second.
@safe final class DateField {
    private static let name: StaticString = "Date: "
    private let storage: UnsafeMutableRawBufferPointer

    init() {
        unsafe storage = .allocate(byteCount: 37, alignment: 8)
        update()
    }

    deinit { unsafe storage.deallocate() }

    func update() {
        let seconds = Int64(apus_realtime_nanoseconds() / 1_000_000_000)
        var line = Array("Date: ".utf8)
        line += IMFDate(secondsSince1970: seconds).bytes
        line += [13, 10]
        unsafe storage.copyBytes(from: line)
    }

    /// Writes the line.
    func append(to buffer: inout Buffer) {
        unsafe buffer.append(RawSpan(_unsafeBytes: UnsafeRawBufferPointer(storage)))
    }
}
