import Apus
import ApusNet
import ApusRuntime
import Glibc

final class Canned: ConnectionHandler {
    static let answer = Array("HTTP/1.1 200 OK\r\nServer: limit\r\nDate: Sat, 21 Nov 2026 00:00:00 GMT\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\nHello, World!".utf8)
    func received(_ bytes: RawSpan, on connection: Connection) -> Int {
        var at = 3
        while at < bytes.byteCount {
            if bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: at - 3, as: UInt32.self) == 0x0a0d0a0d {
                connection.write(Self.answer.span.bytes)
            }
            at += 1
        }
        return bytes.byteCount
    }
}
let port = UInt16(CommandLine.arguments[1])!
let group = try LoopGroup(.init(loops: 1))
let server = try StreamServer.listen(on: SocketAddress(host: "127.0.0.1", port: port)!, group: group) { _ in Canned() }
print("listening on \(server.address)")
while true { pause() }
