import ApusHTTP
import ApusNet
import Glibc

@testable import Apus

/// A blocking client of HTTP/2 that sends the frames it is told to, right or wrong, and shows those that come back.
final class FrameClient {
    let raw: RawClient
    /// Whether SETTINGS are acknowledged when they come.
    var acknowledges = true
    private var pending: [UInt8] = []
    private var decoder = HPACKDecoder()
    private var block = HeaderBlock()

    /// Sends the preface and SETTINGS, unless told otherwise.
    init(
        _ address: SocketAddress, greets: Bool = true, settings: [(UInt16, UInt32)] = [], receiveBuffer: CInt? = nil
    ) throws {
        raw = try RawClient(address, receiveBuffer: receiveBuffer)
        if greets { send(Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8), Frame.settings(settings)) }
    }

    func send(_ parts: [UInt8]...) { raw.send(Array(parts.joined())) }

    // MARK: Receiving

    /// Takes bytes that were received by other means.
    func take(_ bytes: [UInt8]) { pending += bytes }

    /// The next frame; nil when the server has closed the connection.
    func next() throws -> Frame? {
        while pending.count < 9 || pending.count < 9 + length { guard try fill() else { return nil } }
        var frame = Frame(
            type: pending[3], flags: pending[4], stream: Frame.number(pending[5..<9]) & 0x7FFF_FFFF,
            payload: Array(pending[9..<9 + length]))
        pending.removeSubrange(..<(9 + length))
        // Every block is decoded, for the next ones refer to it; every settings are acknowledged.
        if frame.type == Frame.headers { frame.fields = try decode(frame.payload) }
        if frame.type == Frame.settings, frame.flags == 0, acknowledges { send(Frame.settings(ack: true)) }
        return frame
    }

    private var length: Int { Int(Frame.number(pending[0..<3])) }

    private func fill() throws -> Bool {
        do {
            guard let chunk = try raw.receive() else { return false }
            pending += chunk
            return true
        } catch RawClient.ClientError.reset {
            return false
        }
    }

    /// The next frame that satisfies `condition`, passing over others; nil at the end of the connection.
    func first(where condition: (Frame) -> Bool) throws -> Frame? {
        while let frame = try next() { if condition(frame) { return frame } }
        return nil
    }

    /// What a stream was answered, whole; what else comes meanwhile is passed over.
    func answer(on stream: UInt32) throws -> StreamAnswer {
        var answer = StreamAnswer()
        while let frame = try next() {
            if let fields = frame.fields, frame.stream == stream {
                if answer.status >= 200 {
                    answer.trailers = fields
                } else if let status = fields.status, status < 200 {
                    answer.interim.append(status)
                } else {
                    answer.status = fields.status ?? 0
                    answer.fields = fields
                }
            } else if frame.stream == stream {
                if frame.type == Frame.data { answer.body += frame.payload }
                if frame.type == Frame.reset { answer.code = Frame.number(frame.payload[0..<4]) }
            }
            if frame.type == Frame.goAway { answer.goAway = Frame.number(frame.payload[4..<8]) }
            if frame.stream == stream, frame.endsStream || frame.type == Frame.reset { return answer }
        }
        return answer
    }

    private func decode(_ payload: [UInt8]) throws -> FieldList {
        try unsafe decoder.decode(payload.span.bytes, as: .response, into: &block)
        // Trailers have no status.
        return FieldList(
            status: (try? block.responseStatus()).map { Int($0.code) },
            fields: block.all.map { ($0.name.canonicalName, $0.value) })
    }

    /// How the server ended a stream or the connection, the first of both.
    func ending() throws -> Ending {
        while let frame = try next() {
            if frame.type == Frame.goAway { return .goAway(Frame.number(frame.payload[4..<8])) }
            if frame.type == Frame.reset { return .reset(frame.stream, Frame.number(frame.payload[0..<4])) }
        }
        return .closed
    }

    /// Asks by PING whether the connection lives; the frames that come before the answer are returned.
    func ping() throws -> [Frame]? {
        send(Frame(type: Frame.ping, payload: Array("are you?".utf8)).bytes)
        var before: [Frame] = []
        while let frame = try next() {
            if frame.type == Frame.ping, frame.flags == 1 { return before }
            before.append(frame)
        }
        return nil
    }

    enum Ending: Equatable {
        case goAway(UInt32)
        case reset(UInt32, UInt32)
        case closed
    }
}

/// A frame as it is on the wire.
struct Frame {
    static let data: UInt8 = 0, headers: UInt8 = 1, priority: UInt8 = 2, reset: UInt8 = 3, settings: UInt8 = 4
    static let pushPromise: UInt8 = 5, ping: UInt8 = 6, goAway: UInt8 = 7, windowUpdate: UInt8 = 8
    static let continuation: UInt8 = 9
    static let endStream: UInt8 = 1, endHeaders: UInt8 = 4, padded: UInt8 = 8, hasPriority: UInt8 = 0x20

    var type: UInt8
    var flags: UInt8 = 0
    var stream: UInt32 = 0
    var payload: [UInt8] = []
    /// The fields of HEADERS that came back.
    var fields: FieldList?

    var endsStream: Bool { type <= 1 && flags & 1 != 0 }

    var bytes: [UInt8] { bytes(length: payload.count) }

    /// With a length that need not be true.
    func bytes(length: Int) -> [UInt8] {
        Array(Self.octets(UInt32(length)).dropFirst()) + [type, flags] + Self.octets(stream) + payload
    }

    static func octets(_ number: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) }
    }
    static func number(_ octets: some Sequence<UInt8>) -> UInt32 { octets.reduce(0) { $0 << 8 | UInt32($1) } }

    static func settings(_ settings: [(UInt16, UInt32)] = [], ack: Bool = false) -> [UInt8] {
        let payload = settings.flatMap { [UInt8($0.0 >> 8), UInt8(truncatingIfNeeded: $0.0)] + octets($0.1) }
        return Frame(type: Self.settings, flags: ack ? 1 : 0, payload: payload).bytes
    }

    static func windowUpdate(_ stream: UInt32, _ increment: UInt32) -> [UInt8] {
        Frame(type: windowUpdate, stream: stream, payload: octets(increment)).bytes
    }

    static func reset(_ stream: UInt32, _ code: UInt32 = 8) -> [UInt8] {
        Frame(type: reset, stream: stream, payload: octets(code)).bytes
    }

    static func data(_ stream: UInt32, _ content: [UInt8], ends: Bool = false) -> [UInt8] {
        Frame(type: data, flags: ends ? endStream : 0, stream: stream, payload: content).bytes
    }

    static func data(_ stream: UInt32, _ content: String, ends: Bool = false) -> [UInt8] {
        data(stream, Array(content.utf8), ends: ends)
    }

    /// The head of a request.
    static func request(
        _ stream: UInt32, _ path: String = "/plaintext", method: String = "GET", _ fields: [(String, String)] = [],
        ends: Bool = true
    ) -> [UInt8] {
        let pseudo = [(":method", method), (":scheme", "http"), (":path", path), (":authority", "a")]
        return headers(stream, pseudo + fields, ends: ends)
    }

    static func headers(_ stream: UInt32, _ fields: [(String, String)], ends: Bool = true) -> [UInt8] {
        Frame(type: headers, flags: endHeaders | (ends ? endStream : 0), stream: stream, payload: block(fields)).bytes
    }

    /// Fields as literals that are not remembered.
    static func block(_ fields: [(String, String)]) -> [UInt8] {
        fields.flatMap { [0] + string($0.0) + string($0.1) }
    }

    static func string(_ text: String) -> [UInt8] {
        var count = text.utf8.count
        guard count >= 127 else { return [UInt8(count)] + Array(text.utf8) }
        var octets: [UInt8] = [127]
        count -= 127
        while count >= 128 {
            octets.append(UInt8(count & 127) | 128)
            count >>= 7
        }
        return octets + [UInt8(count)] + Array(text.utf8)
    }
}

/// Fields of a block that came back.
struct FieldList {
    var status: Int?
    var fields: [(name: String, value: String)] = []

    subscript(name: String) -> String? { fields.first { $0.name == name }?.value }
}

/// What a stream was answered.
struct StreamAnswer {
    var status = 0
    var interim: [Int] = []
    var fields = FieldList()
    var body: [UInt8] = []
    var trailers = FieldList()
    /// The code of RST_STREAM, when it ended so.
    var code: UInt32?
    /// The code of a GOAWAY that came before.
    var goAway: UInt32?

    var text: String { String(decoding: body, as: UTF8.self) }
}

extension HeaderBlock {
    /// The fields, copied.
    fileprivate var all: HTTPFields { fields.fields(in: bytes) }
}
