#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The C library's logarithm, where it has one name on all systems.
enum NaturalLogarithm {
    static func of(_ value: Double) -> Double { log(value) }
}
