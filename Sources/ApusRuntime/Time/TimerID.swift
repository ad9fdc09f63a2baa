/// Names one scheduled timer of one ``TimingWheel``: an index and a generation. Once the timer has fired or was
/// cancelled it names nothing, until the generation repeats after 2³² − 1 timers.
@frozen public struct TimerID: Hashable, Sendable, BitwiseCopyable {
    @usableFromInline let index: UInt32
    /// Never 0 in a timer's ID.
    @usableFromInline let generation: UInt32

    @inlinable init(index: UInt32, generation: UInt32) {
        self.index = index
        self.generation = generation
    }

    /// The ID of no timer.
    @inlinable public static var none: Self { Self(index: 0, generation: 0) }
}
