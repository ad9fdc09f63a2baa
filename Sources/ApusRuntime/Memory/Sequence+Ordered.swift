extension Sequence {
    /// The elements in order, equal ones as they stood: what `sorted(by:)` gives.
    ///
    /// The compiler makes `sorted(by:)` anew for each place that calls it, some two thousand instructions each time. This one
    /// is there once for all types, and takes longer: for short lists that no request waits for.
    package func ordered(by precedes: (Element, Element) -> Bool) -> [Element] { sorted(by: precedes) }
}
