import ApusHTTP
import ApusNet
import ApusRuntime
import CSystem

/// Content at hand as a whole that is too long to be coded on the loop at once: coded by `offload`, or, when that has
/// too much to do, on the loop in slices between which others have their turn.
struct CodedContent: Sendable {
    enum Source: Sendable {
        case text(String)
        case bytes([UInt8])
        /// Read as it is coded.
        case file(OpenFile, offset: Int64, count: Int)
    }

    private let source: Source
    private let coding: ContentCoding
    private let level: Int?
    private let loop: EventLoop

    init(_ source: Source, _ coding: ContentCoding, _ level: Int?, _ loop: EventLoop) {
        self.source = source
        self.coding = coding
        self.level = level
        self.loop = loop
    }

    /// Short content in a coding; nil when it would become longer and need not be coded, or there is no memory.
    static func encode(
        _ content: RawSpan, _ coding: ContentCoding, _ level: Int?, _ isRequired: Bool, _ pool: CodingPool
    ) -> Response.Body? {
        let coded = try? ContentEncoder.encode(content, coding, level: level, mayGrow: isRequired, pool: pool)
        return coded.map { .bytes($0) }
    }

    /// The content, coded when it is sent.
    var body: Response.Body {
        .stream(length: nil) { writer in
            do {
                let coded = try await offload { try encoded() }
                try await writer.write(coded)
            } catch is WorkError {
                let coder = try StreamCoder(coding, level, writer.stream, loop)
                let writer = ResponseWriter(writer, coder)
                switch source {
                case .text(let text): try await writer.write(text)
                case .bytes(let bytes): try await writer.write(bytes)
                case .file(let file, let offset, let count):
                    try await writer.write(file, offset: offset, count: count)
                }
                try await coder.finish()
            }
        }
    }

    /// The whole in its coding. Any thread; it blocks while a file is read.
    private func encoded() throws -> [UInt8] {
        var bytes: [UInt8]
        switch source {
        case .text(let text): bytes = Array(text.utf8)
        case .bytes(let whole): bytes = whole
        case .file(let file, let offset, let count): bytes = try file.read(offset: offset, count: count)
        }
        // What may grow is never nil.
        return try ContentEncoder.encode(unsafe bytes.span.bytes, coding, level: level, mayGrow: true) ?? []
    }
}

extension OpenFile {
    /// A part of the file. It blocks as long as the file system takes.
    ///
    /// - Throws: `SystemError`; when the file has become shorter, too.
    func read(offset: Int64, count: Int) throws(SystemError) -> [UInt8] {
        var got = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { room, filled in
            guard let start = room.baseAddress, count > 0 else { return }
            got = unsafe apus_read_at_errno(descriptor, start, count, offset)
            filled = max(0, got)
        }
        guard bytes.count == count else { throw SystemError(code: CInt(min(got, 0)), call: "read a file") }
        return bytes
    }
}
