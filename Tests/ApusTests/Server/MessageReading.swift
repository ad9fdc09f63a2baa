import Apus
import ApusHTTP

/// What a strict reader of a client's bytes makes of them, without a server: the requests that are whole.
struct RequestReading: CustomStringConvertible {
    struct Request {
        var method: HTTPMethod.Kind
        /// The number in a target such as `/users/7`, when it is one.
        var user: Int?
    }

    /// Each is to be answered, unless an answer ends the connection.
    private(set) var whole: [Request] = []
    /// Whether what follows them is no whole request; it may be answered, too.
    private(set) var hasMore = false
    /// Whether more follows a request that is the connection's last.
    private(set) var isEndedEarly = false
    /// The method of what follows, as far as it is known.
    private(set) var nextMethod = HTTPMethod.Kind.get

    init(_ bytes: [UInt8]) {
        let span = unsafe bytes.span.bytes
        let parser = HTTP1RequestParser()
        var head = RequestHead()
        var offset = 0
        while offset < bytes.count {
            let rest = span.extracting(offset..<bytes.count)
            guard case .complete(let length) = parser.parse(rest, into: &head) else {
                hasMore = true
                return
            }
            let request = Request(
                method: head.methodKind,
                user: Self.user(bytes[offset...].dropFirst(head.path.range.lowerBound).prefix(head.path.range.count)))
            offset += length
            if head.hasBody {
                var decoder = HTTP1BodyDecoder()
                decoder.begin(head)
                guard let end = Self.endOfBody(&decoder, span, offset) else {
                    hasMore = true
                    nextMethod = request.method
                    return
                }
                offset = end
            }
            whole.append(request)
            if !head.keepsAlive {
                isEndedEarly = offset < bytes.count
                return
            }
        }
    }

    private static func endOfBody(_ decoder: inout HTTP1BodyDecoder, _ span: RawSpan, _ start: Int) -> Int? {
        var offset = start
        while true {
            switch decoder.decode(span.extracting(offset..<span.byteCount)) {
            case .data(_, let consumed): offset += consumed
            case .end(let consumed): return offset + consumed
            case .needMore, .failure: return nil
            }
        }
    }

    private static func user(_ path: ArraySlice<UInt8>) -> Int? {
        let text = String(decoding: path, as: UTF8.self)
        guard text.hasPrefix("/users/") else { return nil }
        return Int(text.dropFirst(7))
    }

    var description: String { "\(whole.count) whole requests\(hasMore ? " and more" : "")" }
}

/// What a strict reader makes of a server's bytes.
enum ResponseReading {
    struct Answer {
        var status: Int
        var keepsAlive: Bool
        var body: [UInt8]
    }

    enum Problem: Error {
        case malformed(HTTP1Error, answers: Int)
        case cut(answers: Int)
    }

    /// The final answers in `bytes`, which must be made of nothing else.
    static func read(_ bytes: [UInt8], to requests: RequestReading) throws(Problem) -> [Answer] {
        let span = unsafe bytes.span.bytes
        let parser = HTTP1ResponseParser()
        var head = HTTP1ResponseHead()
        var answers: [Answer] = []
        var offset = 0
        while offset < bytes.count {
            let index = answers.count
            let method = index < requests.whole.count ? requests.whole[index].method : requests.nextMethod
            switch parser.parse(span.extracting(offset..<bytes.count), to: method, into: &head) {
            case .complete(let length): offset += length
            case .incomplete: throw .cut(answers: index)
            case .failure(let error): throw .malformed(error, answers: index)
            }
            if head.isInterim { continue }
            var answer = Answer(status: Int(head.status.code), keepsAlive: head.keepsAlive, body: [])
            var decoder = HTTP1BodyDecoder()
            decoder.begin(head)
            offset = try body(&decoder, bytes, offset, index, &answer.body)
            answers.append(answer)
        }
        return answers
    }

    private static func body(
        _ decoder: inout HTTP1BodyDecoder, _ bytes: [UInt8], _ start: Int, _ index: Int, _ body: inout [UInt8]
    ) throws(Problem) -> Int {
        let span = unsafe bytes.span.bytes
        var offset = start
        while true {
            switch decoder.decode(span.extracting(offset..<bytes.count)) {
            case .data(let range, let consumed):
                body += bytes[(offset + range.lowerBound)..<(offset + range.upperBound)]
                offset += consumed
            case .end(let consumed): return offset + consumed
            case .needMore(let consumed):
                offset += consumed
                if offset == bytes.count, decoder.connectionEnded() == nil { return offset }
                throw .cut(answers: index)
            case .failure(let error): throw .malformed(error, answers: index)
            }
        }
    }
}
