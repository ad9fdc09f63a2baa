import ApusRuntime
import CSystem

/// The content that a loop holds for handlers that want all of it at once: that of requests for synchronous ones, until
/// their answers are given, and what asynchronous ones collect.
///
/// What is over the limit is refused; nobody waits for room here, so nobody can wait for ever: bytes that arrive either
/// find room or end their request, which gives back what it holds. Announced lengths are asked for and not kept free, for
/// a client would else take all of it by words alone. A single content is held however long its route lets it be.
/// Belongs to the loop.
@safe final class GatheredContent {
    /// The most bytes at a time.
    @safe @exclusivity(unchecked) var limit: Int
    /// Bytes that are held now.
    @safe @exclusivity(unchecked) private(set) var bytes = 0
    /// The most that were held since the system got back what is free.
    @safe @exclusivity(unchecked) private var peak = 0
    @safe @exclusivity(unchecked) private var willTrim = false
    private let loop: EventLoop

    /// How far below its peak what is held must be for the allocator to be asked to return what is free; and how much later,
    /// which is also how often at most.
    private static let worthTrimming = 4 << 20
    private static let trimDelay = Duration.seconds(2)

    init(loop: EventLoop, limit: Int) {
        self.loop = loop
        self.limit = limit
    }

    /// Whether so many bytes find room beside those of other requests.
    ///
    /// - Parameter own: What the same request holds already.
    func hasRoom(for count: Int, besides own: Int = 0) -> Bool { bytes == own || count <= limit - bytes }

    func add(_ count: Int) {
        bytes += count
        peak = max(peak, bytes)
    }

    /// Gives back what a request held; its memory is freed soon.
    func remove(_ count: Int) {
        bytes -= count
        guard peak - bytes >= Self.worthTrimming, !willTrim else { return }
        willTrim = true
        let content = LoopBound(self, to: loop)
        // Later, when it is free; allocators keep it for the next of its size, for ever.
        loop.schedule(after: Self.trimDelay) { _ in content.value.trim() }
    }

    private func trim() {
        willTrim = false
        peak = bytes
        apus_trim_memory()
    }
}
