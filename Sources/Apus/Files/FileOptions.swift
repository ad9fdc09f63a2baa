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
    /// The most bytes of a file whose content is kept in memory, 0 for none. Larger ones are sent by the kernel.
    public var largestCached = 32 << 10
    /// The most bytes of files that each loop keeps in memory; a larger file that is kept open counts as 64 KiB. 0 has
    /// every request open its file anew.
    public var cacheRoom = 4 << 20

    /// The defaults, but for what is given.
    public init(
        index: String = "index.html", showsListing: Bool = false, showsHidden: Bool = false, cacheControl: String? = nil
    ) {
        self.index = index
        self.showsListing = showsListing
        self.showsHidden = showsHidden
        self.cacheControl = cacheControl
    }
}
