public import ApusHTTP

/// A file that came with a form: in memory when it is short, else on the disk, without a name, where it goes with the
/// last copy of this value. Any thread.
///
/// In a type that a form is decoded as, it stands for a file field, `[UploadedFile]` for one with `multiple`:
///
/// ```swift
/// struct Profile: Decodable {
///     var name: String
///     var photo: UploadedFile?
/// }
/// app.post("/profile") { context in
///     let profile = try await context.form(as: Profile.self)
///     return "\(profile.name): \(profile.photo?.count ?? 0) bytes"
/// }
/// ```
public struct UploadedFile: Sendable {
    /// What the part said of itself: the field's name, the file's name and type as the client claims them.
    public let head: MultipartHead
    /// The length in bytes.
    public let count: Int64
    let content: Content

    enum Content: Sendable {
        case memory([UInt8])
        case disk(DiskFile)
    }

    init(_ head: MultipartHead, count: Int64, _ content: Content) {
        self.head = head
        self.count = count
        self.content = content
    }

    /// The name that the client's file has there; it may be anything.
    public var filename: String { head.filename ?? "" }

    /// The name fit to name a file of ours: `ContentDisposition.safeFilename`.
    public var safeFilename: String? { head.disposition?.safeFilename }

    /// Whether the content is on the disk.
    public var isOnDisk: Bool {
        if case .disk = content { true } else { false }
    }

    /// The whole content.
    ///
    /// - Parameter most: The number of bytes above which 413 is thrown.
    /// - Throws: `HTTPError` 413; `SystemError` when it can't be read.
    public func bytes(upTo most: Int = 10 << 20) async throws -> [UInt8] {
        guard count <= most else { throw RequestBody.tooLarge(most) }
        return try await bytes(at: 0, count: Int(count))
    }

    /// A part of the content, fewer than `count` bytes only at the end.
    ///
    /// - Parameters:
    ///   - offset: The number of bytes before it.
    ///   - count: The most bytes.
    /// - Throws: `SystemError` when it can't be read.
    public func bytes(at offset: Int64, count: Int) async throws -> [UInt8] {
        let start = max(0, min(offset, self.count))
        let length = Int(min(Int64(max(0, count)), self.count - start))
        switch content {
        case .memory(let bytes): return Array(bytes[Int(start)..<(Int(start) + length)])
        case .disk(let file): return try await DiskWork.run { try file.read(at: start, count: length) }
        }
    }

    /// Saves the content to a file beneath a folder.
    ///
    /// - Parameters:
    ///   - path: The file's path beneath the folder.
    ///   - folder: Where it is saved.
    ///   - options: Whether it replaces, and what else is to be said.
    /// - Returns: What was saved.
    /// - Throws: As ``RequestBody/save(to:in:_:)``.
    public func save(
        to path: String, in folder: UploadFolder, _ options: UploadFolder.Options = UploadFolder.Options()
    ) async throws -> UploadFolder.SavedFile {
        var place: Int64 = 0
        return try await folder.save(to: path, options) {
            guard place < count else { return nil }
            let chunk = try await bytes(at: place, count: UploadFolder.batchBytes)
            place += Int64(chunk.count)
            return chunk.isEmpty ? nil : chunk
        }
    }
}

extension UploadedFile: Decodable {
    /// Only a form can be decoded as one.
    public init(from decoder: any Decoder) throws {
        guard let decoder = decoder as? ContentValueDecoder, case .file(let file)? = decoder.content else {
            throw DecodingError.dataCorrupted(
                DecodingError.Context(codingPath: decoder.codingPath, debugDescription: "only a form has files"))
        }
        self = file
    }
}
