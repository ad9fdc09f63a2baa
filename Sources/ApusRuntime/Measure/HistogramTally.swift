/// A part of a ``SharedHistogram`` that one thread writes, held by reference as a ``Tally`` is: what a loop records of
/// its connections.
///
/// Unchecked Sendable holds because the cells are atomic and have one writer, the thread that owns the tally. SPI, to be
/// inlined in other modules, which `package` is not.
@_spi(Apus) @safe public final class HistogramTally: @unchecked Sendable {
    @usableFromInline let histogram: SharedHistogram
    @usableFromInline let cells: HistogramCells

    /// A part of `histogram`, which it keeps alive; what it counted stays there.
    package init(of histogram: SharedHistogram) {
        self.histogram = histogram
        cells = histogram.makeOwnedCells()
    }

    deinit { histogram.retire(cells) }

    /// Counts a duration; by the only writer.
    @inlinable public func record(nanoseconds: UInt64) {
        cells.addAsOwner(min(nanoseconds, HistogramScale.longest))
    }
}
