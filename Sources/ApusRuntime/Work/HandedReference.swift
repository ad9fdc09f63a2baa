/// A reference that goes from one thread to another as the bits of an atomic word.
///
/// `Unmanaged.passRetained` next to an atomic store is not enough: to the optimiser (seen in Swift 6.3) an atomic
/// store cannot release anything, so it may move the retain below it, and the thread that takes the reference can free
/// the object before it was retained. Here the retain is in a function of its own that is never inlined, so it has
/// happened when that returns.
enum HandedReference {
    /// Retains an object for whoever will ``take(_:as:)`` it; once for each time.
    @inline(never) static func make(_ object: some AnyObject) -> Int {
        unsafe Int(bitPattern: Unmanaged.passRetained(object).toOpaque())
    }

    /// Takes over the reference. Only for the one thread that won the word.
    static func take<Object: AnyObject>(_ bits: Int, as: Object.Type = Object.self) -> Object {
        unsafe Unmanaged.fromOpaque(UnsafeRawPointer(bitPattern: bits)!).takeRetainedValue()
    }
}
