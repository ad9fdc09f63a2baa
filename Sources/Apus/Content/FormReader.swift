import ApusHTTP

/// Gathers a form out of the parts of `multipart/form-data`: texts in memory, files there or on the disk.
struct FormReader {
    private let options: FormOptions
    private var fields: [Query.Pair] = []
    private var files: [(name: String, file: UploadedFile)] = []
    private var textBytes = 0
    private var memory = 0

    /// The part that is being read.
    private var head = MultipartHead(HTTPFields())
    private var chunks: [[UInt8]] = []
    private var waiting = 0
    private var length: Int64 = 0
    private var disk: DiskFile?

    init(_ options: FormOptions) { self.options = options }

    /// What was gathered.
    var form: Form { Form(fields, files: files) }

    private var isFile: Bool { head.filename != nil }

    /// A part begins.
    ///
    /// - Throws: 400 for a part that is none of a form.
    mutating func begin(_ head: MultipartHead) throws(HTTPError) {
        guard head.name != nil else {
            throw HTTPError(.badRequest, "a part of the form has no name: send form-data; name=\"…\"")
        }
        self.head = head
        chunks = []
        waiting = 0
        length = 0
        disk = nil
    }

    /// Takes content of the part; true when what waits is to be written to the disk.
    mutating func take(_ chunk: [UInt8]) throws(HTTPError) -> Bool {
        chunks.gather(chunk)
        waiting += chunk.count
        length += Int64(chunk.count)
        guard isFile else {
            textBytes += chunk.count
            guard textBytes <= options.mostTextBytes else { throw RequestBody.tooLarge(options.mostTextBytes) }
            return false
        }
        if let most = options.mostFileBytes, length > most { throw RequestBody.tooLarge(most) }
        if disk != nil { return waiting >= UploadFolder.batchBytes }
        return waiting > options.memoryPerFile || memory + waiting > options.memoryForFiles
    }

    /// The chunks that wait, and the file to write them to, with the place; it is made when there is none yet.
    mutating func takeWaiting() -> (chunks: [[UInt8]], file: DiskFile?, place: Int64) {
        defer {
            chunks = []
            waiting = 0
        }
        return (chunks, disk, length - Int64(waiting))
    }

    /// The file that the part is written to.
    mutating func use(_ file: DiskFile) { disk = file }

    /// Whether chunks of the part wait to be written before it ends.
    var mustWrite: Bool { disk != nil && waiting > 0 }

    /// The part has ended.
    ///
    /// - Throws: 400 for a text that is not UTF-8.
    mutating func end() throws(HTTPError) {
        let name = head.name ?? ""
        if let disk {
            files.append((name, UploadedFile(head, count: length, .disk(disk))))
        } else if isFile {
            let bytes = chunks.count == 1 ? chunks[0] : Array(chunks.joined())
            memory += bytes.count
            // What a browser sends of a file field that was left empty.
            guard !(bytes.isEmpty && head.filename == "") else { return }
            files.append((name, UploadedFile(head, count: length, .memory(bytes))))
        } else {
            let bytes = chunks.count == 1 ? chunks[0] : Array(chunks.joined())
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw HTTPError(.badRequest, "the field \(name) is not UTF-8: send text in UTF-8")
            }
            fields.append(Query.Pair(name, text))
        }
        disk = nil
        chunks = []
    }
}

extension FormReader {
    /// Reads a whole form as it arrives.
    static func read(_ parts: MultipartParts, _ options: FormOptions) async throws -> Form {
        var reader = FormReader(options)
        while let part = try await parts.next() {
            try reader.begin(part.head)
            while let chunk = try await part.next() {
                if try reader.take(chunk) { try await reader.write() }
            }
            if reader.mustWrite { try await reader.write() }
            try reader.end()
        }
        return reader.form
    }

    private mutating func write() async throws {
        let (chunks, file, place) = takeWaiting()
        let folder = options.temporaryFolder
        let written = try await DiskWork.run {
            let file = try file ?? DiskFile.unnamed(in: folder)
            _ = try file.write(chunks, at: place)
            return file
        }
        use(written)
    }

    /// Reads a whole form that has arrived; its files stay in memory, where they are.
    static func read(
        _ content: [UInt8], _ reader: consuming MultipartReader, _ options: FormOptions
    ) throws(HTTPError) -> Form {
        var gathered = FormReader(options)
        reader.take(content)
        while let event = try reader.next() {
            switch event {
            case .part(let head): try gathered.begin(head)
            case .content(let chunk): _ = try gathered.take(chunk)
            case .partEnd: try gathered.end()
            case .end: return gathered.form
            }
        }
        try reader.finish()
        return gathered.form
    }
}
