import ApusRuntime

/// One piece of what a connection has still to send.
struct WritePiece: ~Copyable {
    /// Where the bytes are.
    enum Source {
        /// In the piece's own buffer.
        case buffer
        /// In a file, which the kernel reads.
        case file(OpenFile)
        /// In pages that many connections share.
        case mapped(MappedFile)
        /// In a pipe in the kernel.
        case pipe(SplicePipe)
    }

    var buffer = Buffer()
    let source: Source
    /// Told when the last byte has been sent, or never will be.
    var whenSent: Forwarder?
    /// The place of the next byte in the file or the pages.
    private(set) var offset: Int64 = 0
    /// Bytes left of a file or of pages; those of a buffer count themselves.
    private var rest = 0

    init(_ buffer: consuming Buffer) {
        self.buffer = buffer
        source = .buffer
    }

    init(_ file: OpenFile, offset: Int64, count: Int) {
        source = .file(file)
        self.offset = offset
        rest = count
    }

    init(_ file: MappedFile, offset: Int, count: Int) {
        precondition(offset >= 0 && count >= 0 && offset + count <= file.count, "the range is not within the file")
        source = .mapped(file)
        self.offset = Int64(offset)
        rest = count
    }

    init(_ pipe: SplicePipe) {
        source = .pipe(pipe)
        rest = pipe.count
    }

    /// Bytes left to send.
    var count: Int { if case .buffer = source { buffer.count } else { rest } }

    mutating func discard(_ sent: Int) {
        if case .buffer = source {
            buffer.discard(sent)
        } else {
            offset += Int64(sent)
            rest -= sent
        }
    }

    /// Where the next byte stands; nil for what the kernel takes from elsewhere than memory.
    @unsafe var start: UnsafeMutableRawPointer? {
        switch source {
        case .buffer: unsafe buffer.baseAddress
        case .mapped(let file): unsafe UnsafeMutableRawPointer(mutating: file.start + Int(offset))
        case .file, .pipe: nil
        }
    }
}
