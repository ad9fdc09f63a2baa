public import Synchronization

/// A number that goes up and down, such as open connections; written and read by any thread, without locks.
///
/// One cell on cache lines of its own. For a number that many threads change at every request use a ``Counter`` for
/// the ups and another for the downs.
///
/// Unchecked Sendable holds because the cells are atomic and live as long as the gauge.
@safe public final class Gauge: @unchecked Sendable {
    @usableFromInline let cell: UnsafeMutablePointer<Atomic<Int>>
    @usableFromInline let highest: UnsafeMutablePointer<Atomic<Int>>

    /// Makes a gauge that shows `value`, which is also its first peak.
    public init(_ value: Int = 0) {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: Stripes.size, alignment: Stripes.size)
        unsafe cell = memory.bindMemory(to: Atomic<Int>.self, capacity: 2)
        unsafe highest = cell + 1
        unsafe cell.initialize(to: Atomic(value))
        unsafe highest.initialize(to: Atomic(value))
    }

    deinit {
        unsafe cell.deinitialize(count: 2)
        unsafe UnsafeMutableRawPointer(cell).deallocate()
    }

    /// What the gauge shows now.
    @inlinable public var value: Int { unsafe cell.pointee.load(ordering: .relaxed) }

    /// The highest value it has shown.
    @inlinable public var peak: Int { unsafe highest.pointee.load(ordering: .relaxed) }

    /// Shows `value` from now on.
    @inlinable public func set(_ value: Int) {
        unsafe cell.pointee.store(value, ordering: .relaxed)
        raisePeak(to: value)
    }

    /// Goes up by `amount`, or down when it is negative, and returns the new value.
    @inlinable @discardableResult public func add(_ amount: Int = 1) -> Int {
        let value = unsafe cell.pointee.wrappingAdd(amount, ordering: .relaxed).newValue
        raisePeak(to: value)
        return value
    }

    /// Goes down by `amount` and returns the new value.
    @inlinable @discardableResult public func subtract(_ amount: Int = 1) -> Int {
        add(0 &- amount)
    }

    @inlinable func raisePeak(to value: Int) {
        // Mostly only read: the line stays as it is while the peak stands.
        if unsafe value > highest.pointee.load(ordering: .relaxed) {
            unsafe highest.pointee.max(value, ordering: .relaxed)
        }
    }
}
