public import ApusHTTP
struct HTTP1BodyDecoder { 
  enum Event { case data(Range<Int>, consumed: Int), end(consumed: Int), needMore(consumed: Int), failure(HTTP1Error) }
  var left: Int64 = 0
  var trailers = HTTPFields()
  mutating func begin(_ h: borrowing HTTP1RequestHead) { left = h.contentLength ?? 0 }
  mutating func decode(_ b: RawSpan) -> Event { if left == 0 { return .end(consumed: 0) }; let n = min(Int64(b.byteCount), left); left -= n; return .data(0..<Int(n), consumed: Int(n)) }
}
struct IMFDate { let bytes: [UInt8]; init(secondsSince1970: Int64) { bytes = Array("Sat, 21 Nov 2026 00:00:00 GMT".utf8) } }
import ApusRuntime
extension Buffer {
  mutating func append(field: HTTPField) {
     self.append(field.name.rawName.utf8Span.span.bytes); append(": "); append(field.value.utf8Span.span.bytes); append("\r\n")
  }
  mutating func appendStatusLine(_ s: Status) { if s.code == 200 { append("HTTP/1.1 200 OK\r\n") } else { append("HTTP/1.1 "); appendDecimal(Int(s.code)); append(byte: 32); append(s.reasonPhrase.description.utf8Span.span.bytes); append("\r\n") } }
  mutating func appendDecimal(_ n: Int) { 
    var v = n; var digits: (UInt64, UInt64, UInt64) = (0,0,0); var i = 24
    withUnsafeMutableBytes(of: &digits) { p in repeat { i -= 1; p[i] = UInt8(48 + v % 10); v /= 10 } while v > 0
     append(RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: p[i...]))) } }
}
extension Buffer { mutating func appendHexadecimal(_ n: Int) { let s = String(n, radix: 16); append(s.utf8Span.span.bytes) } }
