public import ApusHTTP

/// How a folder's files are shown.
public struct FileOptions: Sendable {
    /// The file that stands for its folder.
    public var index = "index.html"
    /// Whether a folder without an index file shows what is in it.
    public var showsListing = false
    /// Whether names that begin with a dot are shown; `.well-known` always is (RFC 8615).
    public var showsHidden = false
    /// The `Cache-Control` of files; nil leaves it to clients, which may ask whether a file has changed.
    public var cacheControl: String?
    /// The codings in which files may lie beside themselves, as `app.js.br` beside `app.js`: `.zst`, `.br` and `.gz` for
    /// `zstd`, `br` and `gzip`. The shortest among those that the client likes best is sent in place of the file, if it
    /// is at least as new.
    public var precompressed: [ContentCoding] = [.zstd, .br, .gzip]
    /// Whether files whose names hold a hash of their content may be kept by clients for a year without asking
    /// (RFC 8246): `app.3f9a1c2b.js`, `index-BQk3x9aZ.css`. A hash is a part of the name of eight hexadecimal digits or
    /// more, letters and figures among them, or of small letters, capitals and figures.
    public var immutableHashedNames = false
    /// The file that stands for pages which are no files, as a single-page application's `index.html`: it answers a
    /// browser that asks for HTML by a name without an extension, where there is nothing.
    public var fallback: String?
    /// The most bytes of a file whose content is kept in memory, 0 for none. Larger ones are sent by the kernel.
    public var largestCached = 32 << 10
    /// The most bytes of files that each loop keeps in memory; a larger file that is kept open counts as 64 KiB. 0 has
    /// every request open its file anew.
    public var cacheRoom = 4 << 20

    /// The defaults, but for what is given.
    public init(
        index: String = "index.html", showsListing: Bool = false, showsHidden: Bool = false,
        cacheControl: String? = nil, immutableHashedNames: Bool = false, fallback: String? = nil
    ) {
        self.index = index
        self.showsListing = showsListing
        self.showsHidden = showsHidden
        self.cacheControl = cacheControl
        self.immutableHashedNames = immutableHashedNames
        self.fallback = fallback
    }
}
