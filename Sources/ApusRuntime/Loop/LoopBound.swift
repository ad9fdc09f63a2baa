/// A value that belongs to a loop, in a wrapping that any thread may hold, pass on and drop, and only the loop's own
/// thread may open.
///
/// ```swift
/// let seen = LoopBound(Seen(), to: loop)
/// loop.execute { _ in seen.value.names.insert("Ada") }
/// ```
///
/// `@unchecked Sendable` holds because `value` checks the thread. What a value does when its last reference is dropped
/// must be safe on any thread.
@frozen public struct LoopBound<Value>: @unchecked Sendable {
    /// The loop that the value belongs to.
    public let loop: EventLoop
    @usableFromInline let bound: Value

    /// Wraps a value that nobody else uses yet, or that its loop wraps itself.
    @inlinable public init(_ value: Value, to loop: EventLoop) {
        self.loop = loop
        bound = value
    }

    /// The value. Loop only: on another thread it stops the program with a message.
    @inlinable public var value: Value {
        loop.preconditionOnLoop()
        return bound
    }
}
