import ApusHTTP
public import ApusRuntime
import CSystem

/// Uploads that go on where they were interrupted: "Resumable Uploads for HTTP"
/// (draft-ietf-httpbis-resumable-upload).
///
/// A client that sends `Upload-Complete` with its request gets, in `Location`, the address of the upload. There it asks
/// with HEAD how much has come (`Upload-Offset`), sends the rest with PATCH from there on, and gives it up with DELETE.
/// The last request of an upload has `Upload-Complete: ?1`, those before it `?0`.
///
/// ```
/// POST /files/big.iso                  Upload-Complete: ?0  Upload-Length: 1000   (no content yet)
///   201  Location: /uploads/7f…        Upload-Offset: 0
/// PATCH /uploads/7f…                   Upload-Complete: ?1  Upload-Offset: 0      (and the connection breaks)
/// HEAD /uploads/7f…
///   204  Upload-Offset: 600            Upload-Complete: ?0  Upload-Length: 1000
/// PATCH /uploads/7f…                   Upload-Complete: ?1  Upload-Offset: 600
///   201  Location: /files/big.iso      Upload-Complete: ?1
/// ```
///
/// A first request with content gets the address before it is read, in 104 (Upload Resumption Supported).
///
/// A PATCH at another offset gets 409 with the right one; of two that append at once only the later one does. A file
/// has its name only when it is whole. Most often registered by ``Routes/uploads(_:to:at:_:file:line:)``.
///
/// What has come survives a restart of the server. One process should serve a folder: two do not know of each other's
/// writing.
public struct ResumableUploads: Sendable {
    private let folder: UploadFolder
    private let store: UploadStore
    let options: Options
    private let swept = Lock(Int64(0))

    /// What is borne, and how files are saved.
    public struct Options: Sendable {
        /// How a whole file is saved. ``UploadFolder/Options/mostBytes`` is the most bytes of one upload, 1 TiB by default.
        public var saving = UploadFolder.Options(mostBytes: 1 << 40)
        /// How long an upload that nobody writes to is kept.
        public var maxAge = Duration.seconds(24 * 3600)

        /// The defaults.
        public init() {}
    }

    /// Uploads to a folder.
    ///
    /// - Parameters:
    ///   - folder: Where whole files lie; those that are not whole lie in `.uploads` in it.
    ///   - options: What is borne.
    /// - Throws: `SystemError` when `.uploads` can't be made.
    public init(_ folder: UploadFolder, _ options: Options = Options()) throws(SystemError) {
        self.folder = folder
        self.options = options
        store = try UploadStore(in: folder.root)
    }

    private var uploadLimit: String { "max-size=\(most), max-age=\(options.maxAge.components.seconds)" }

    private var most: Int64 { options.saving.mostBytes ?? 1 << 40 }

    // MARK: The requests

    /// Answers a request that sends a file: one that says nothing of being resumed sends it whole.
    ///
    /// - Parameters:
    ///   - context: The request.
    ///   - path: Where the file will lie beneath the folder.
    ///   - uploads: The path under which uploads are addressed, without a slash at its end.
    ///   - location: The address of the file.
    /// - Throws: `HTTPError` and ``ProblemDetails``: 400, 409, 413, 507; `SystemError`.
    public func create(
        _ context: Context, path: String, at uploads: String, location: String
    ) async throws -> Response {
        // Who sends a part and is taken to have sent the whole has lost the rest (RFC 9110, 14.5).
        guard context.field(.contentRange) == nil else {
            throw HTTPError(.badRequest, "send parts with PATCH and Upload-Offset, not with Content-Range")
        }
        guard let isLast = try Self.isComplete(context) else {
            let saved = try await context.body.save(to: path, in: folder, options.saving)
            return Response(.created, [.location: location], text: "\(saved.count) bytes\n")
        }
        _ = try UploadFolder.path(path)
        let length = try length(context, isLast: isLast, offset: 0)
        if let length, length > most { throw RequestBody.tooLarge(Int(most)) }
        let store = store
        let oldest = try sweepDue()
        let (name, turn) = try await DiskWork.run {
            if let oldest { store.sweep(before: oldest) }
            let name = try store.create(UploadStore.Record(path: path, length: length))
            return (name, try store.takeTurn(name))
        }
        guard let turn else { throw Self.noSuchUpload }
        let address = "\(uploads)/\(name)"
        // Whoever fails within the first request finds the upload nevertheless.
        context.responseFields[.location] = address
        if context.body.announcedLength != 0 {
            context.transport?.sendInterim(
                context, .uploadResumptionSupported, [.location: address, Self.uploadLimit: uploadLimit])
        }
        return try await append(context, turn, length: length, isLast: isLast) { offset, isWhole in
            var fields = Self.fields(offset, isWhole, [.location: isWhole ? location : address])
            if !isWhole { fields[Self.uploadLimit] = uploadLimit }
            return Response(.created, fields)
        }
    }

    /// Answers HEAD: how much of an upload has come.
    ///
    /// - Parameters:
    ///   - context: The request.
    ///   - upload: The upload's name, the last part of its address.
    /// - Throws: `HTTPError` 404; `SystemError`.
    public func offset(_ context: Context, of upload: String) async throws -> Response {
        let store = store
        guard let state = try await DiskWork.run({ try store.state(of: upload) }) else { throw Self.noSuchUpload }
        var fields = Self.fields(state.offset, state.record.isComplete, [.cacheControl: "no-store"])
        if let length = state.record.length { fields[Self.uploadLength] = "\(length)" }
        fields[Self.uploadLimit] = uploadLimit
        return Response(.noContent, fields)
    }

    /// Answers PATCH: takes what follows the offset.
    ///
    /// - Parameters:
    ///   - context: The request.
    ///   - upload: The upload's name.
    ///   - location: Makes the address of the whole file of its path beneath the folder.
    /// - Throws: `HTTPError` and ``ProblemDetails``: 400, 404, 409, 413, 415, 507; `SystemError`.
    public func append(
        _ context: Context, to upload: String, location: (String) -> String
    ) async throws -> Response {
        guard MediaType(context.field(.contentType) ?? "")?.essence == "application/partial-upload" else {
            throw HTTPError(.unsupportedMediaType, "send application/partial-upload")
        }
        guard let isLast = try Self.isComplete(context), let offset = try Self.number(context, Self.uploadOffset) else {
            throw HTTPError(.badRequest, "send Upload-Offset and Upload-Complete")
        }
        let store = store
        let (state, turn) = try await DiskWork.run {
            let state = try store.state(of: upload)
            return (state, state?.offset == offset ? try store.takeTurn(upload) : nil)
        }
        guard let state else { throw Self.noSuchUpload }
        guard !state.record.isComplete else {
            throw Self.problem(.badRequest, "completed-upload", "the upload is complete: begin another", state.offset)
        }
        guard let turn else { throw Self.mismatch(expected: state.offset, provided: offset) }
        let length = try length(context, isLast: isLast, offset: offset) ?? turn.record.length
        if let known = turn.record.length, let length, known != length { throw Self.inconsistent(known, offset) }
        if turn.record.length == nil, let length { try await DiskWork.run { try store.setLength(length, turn) } }
        let place = location(turn.record.path)
        return try await append(context, turn, length: length, isLast: isLast) { offset, isWhole in
            isWhole
                ? Response(.created, Self.fields(offset, true, [.location: place]))
                : Response(.noContent, Self.fields(offset, false, [:]))
        }
    }

    /// Answers DELETE: gives an upload up.
    ///
    /// - Parameter upload: The upload's name.
    /// - Throws: `HTTPError` 404.
    public func cancel(_ upload: String) async throws -> Response {
        let store = store
        guard try await DiskWork.run({ store.remove(upload) }) else { throw Self.noSuchUpload }
        return Response(.noContent)
    }

    // MARK: Taking content

    /// Writes the content behind what has come, and completes the upload when this was the last of it.
    private func append(
        _ context: Context, _ turn: UploadStore.Turn, length: Int64?, isLast: Bool,
        answer: (Int64, Bool) -> Response
    ) async throws -> Response {
        let store = store
        let body = context.body
        let bound = min(most, length ?? most)
        if let announced = body.announcedLength, turn.offset + announced > bound { throw excess(length, turn.offset) }
        var batch: [[UInt8]] = []
        var waiting = 0
        var offset = turn.offset
        do {
            while let chunk = try await body.next() {
                guard offset + Int64(waiting + chunk.count) <= bound else { throw excess(length, offset) }
                batch.gather(chunk)
                waiting += chunk.count
                guard waiting >= UploadFolder.batchBytes else { continue }
                let chunks = batch
                let place = offset
                batch = []
                waiting = 0
                guard let next = try await DiskWork.finish({ try store.write(chunks, at: place, turn) }) else {
                    throw Self.overtaken
                }
                offset = next
            }
        } catch {
            // What has come is kept, for the client to go on behind it.
            let chunks = batch
            let place = offset
            if waiting > 0 { _ = try? await DiskWork.finish { try store.write(chunks, at: place, turn) } }
            throw error
        }
        let chunks = batch
        let place = offset
        guard let end = try await DiskWork.finish({ try store.write(chunks, at: place, turn) }) else {
            throw Self.overtaken
        }
        guard isLast else { return answer(end, false) }
        if let length, length != end { throw Self.inconsistent(length, end) }
        let saving = options.saving
        guard try await DiskWork.finish({ try store.complete(turn, count: end, saving) }) else { throw Self.overtaken }
        context.responseFields[.location] = nil
        return answer(end, true)
    }

    /// The moment before which uploads are too old, once a minute.
    private func sweepDue() throws -> Int64? {
        let now = Int64(apus_realtime_nanoseconds() / 1_000_000_000)
        let isDue = swept.withLock { last in
            guard now - last >= 60 else { return false }
            last = now
            return true
        }
        return isDue ? now - options.maxAge.components.seconds : nil
    }
}
