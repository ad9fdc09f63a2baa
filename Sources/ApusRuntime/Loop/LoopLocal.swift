/// An object of which a loop has one (``EventLoop/local(_:_:)``), and which has something to let go of when the loop ends:
/// tasks that wait on the loop would keep it alive for ever.
public protocol LoopLocal: AnyObject {
    /// The loop ends: its endpoints are closed, and what runs on it now runs for the last time. On the loop's thread.
    func loopEnds()
}
