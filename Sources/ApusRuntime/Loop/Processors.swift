import CSystem

/// The processors of the machine that the process may run on: its affinity mask (sched_setaffinity(2)), which `taskset` or a
/// container may have narrowed.
package enum Processors {
    /// Their numbers, ascending, as the process's first thread has them; nil where the system doesn't tell.
    package static var allowed: [Int]? {
        var numbers = [CInt](repeating: 0, count: 1024)
        let count = unsafe apus_processors(&numbers, CInt(numbers.count))
        return count > 0 ? numbers[..<Int(count)].map { Int($0) } : nil
    }

    /// Why loops can't be pinned to these, and what to do; nil when they can.
    ///
    /// - Parameters:
    ///   - pins: The processors' numbers.
    ///   - allowed: Those that the process may run on; nil is not known, and no reason.
    package static func obstacle(to pins: [Int], allowed: [Int]? = Self.allowed) -> String? {
        guard let allowed else { return nil }
        let missing = Set(pins).subtracting(allowed).sorted()
        guard !missing.isEmpty else { return nil }
        let (noun, shown) = (missing.count == 1 ? "processor" : "processors", list(missing))
        return "this process may not run on \(noun) \(shown): choose among \(list(allowed))"
    }

    /// Ascending numbers as a list of CPUs, such as `0,2-3`.
    package static func list(_ numbers: [Int]) -> String {
        var ranges: [ClosedRange<Int>] = []
        for number in numbers {
            if let last = ranges.last, last.upperBound + 1 == number {
                ranges[ranges.count - 1] = last.lowerBound...number
            } else {
                ranges.append(number...number)
            }
        }
        return ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
            .joined(separator: ",")
    }
}
